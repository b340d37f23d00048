import { expect, test } from '@jest/globals';
import type { Kept } from '../../../contracts/retention.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask } = askScriptedApi('retention');
const KEPT: Kept[] = [
  {
    ...{ name: 'run_logs', holds: 'Log lines', days: 180, until: null, setting: 'RUN_LOGS_KEPT_DAYS' },
    ...{ removed_by: 'dataRetention', oldest: '2026-11-23T22:55:00.000Z' },
  },
  { name: 'trends', holds: 'Choices', days: 25 / 24, until: null, setting: null, removed_by: 'a loop', oldest: null },
  { name: 'topics', holds: 'Messages', days: null, until: 'Kafka removes them', setting: null, removed_by: 'Kafka', oldest: null },
];

test('what is kept for how long, by what setting, and how old the oldest is', async () => {
  const { out } = await ask([], { 'GET /api/v1/retention': { body: { kept: KEPT } } });
  expect(cells(out)).toEqual([
    ['WHAT', 'KEPT', 'SETTING', 'REMOVED BY', 'OLDEST', 'HOLDS'],
    ['run_logs', '180 days', 'RUN_LOGS_KEPT_DAYS', 'dataRetention', '2026-11-23 22:55:00', 'Log lines'],
    ['trends', '25 hours', 'a loop', 'Choices'],
    ['topics', 'until Kafka removes them', 'Kafka', 'Messages'],
  ]);
});
