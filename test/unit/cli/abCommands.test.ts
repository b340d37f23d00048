import { expect, test } from '@jest/globals';
import type { AbTest } from '../../../contracts/abTests.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask } = askScriptedApi('ab');

const metrics = { clicked: 0.1, click_through_rate: 0.2, liked: 0, reciprocal_rank: null };
const TEST: AbTest = {
  ...{ route: 'trial', revision: 2, since: '2026-11-23T22:55:00.000Z' },
  variants: [
    { name: 'old', weight: 1, users: 900, answers: 1000, metrics, mean_rating: 3.5, mean_position: null },
    { name: 'new', weight: 1, users: 300, answers: 400, metrics, mean_rating: null, mean_position: 2 },
  ],
  sample_ratio: { p: 0.001, mismatch: true },
  comparisons: [
    {
      ...{ metric: 'clicked', control: 'old', treatment: 'new', difference: 0.1, low: 0.05, high: 0.15, p: 0.004, decided: true },
      ...{ missing: null, lift: { value: 1, low: 0.4, high: 1.7 } },
    },
    {
      ...{ metric: 'liked', control: 'old', treatment: 'new', difference: null, low: null, high: null, p: 1, decided: false },
      ...{ missing: 'users', lift: null },
    },
  ],
  off_policy: [
    { shadow: 'next', answers: 10, effective_answers: 3, ips: null, snips: { value: 0.5, low: 0.1, high: 0.9 }, doubts: ['few'] },
  ],
};

test('a test: its variants, what is decided, what a shadow would have earned, and that a wrong split is not to be believed', async () => {
  const { out } = await ask(['trial'], { 'GET /api/v1/ab-tests/trial': { body: TEST } });
  expect(out).toContain('trial revision 2, first answer 2026-11-23 22:55:00');
  expect(out).toContain('believe nothing of what follows');
  expect(cells(out)).toContainEqual(['old', '1', '900', '1000', '0.1', '0.2', '0', '-', '3.5', '-']);
  expect(cells(out)).toContainEqual(['new against old', 'clicked', '0.1', '0.05', '0.15', '0.004', 'new is better']);
  expect(cells(out)).toContainEqual(['new against old', 'liked', '-', '-', '-', '1', 'more users are needed']);
  expect(out).toContain('next, not shown: its first movie would have been clicked by 0.5 (0.1 to 0.9); 10 answers, worth 3; doubtful: few');
});

test('a split that is as the weights say is told too', async () => {
  const body: AbTest = { ...TEST, sample_ratio: { p: 0.4, mismatch: false } };
  const { out } = await ask(['trial'], { 'GET /api/v1/ab-tests/trial': { body } });
  expect(out).toContain('The users fall on the variants as the weights say (p 0.4).');
});

test('which tests go on', async () => {
  expect((await ask([], { 'GET /api/v1/ab-tests': { body: { routes: ['curious', 'trial'] } } })).out).toBe('curious\ntrial\n');
  expect((await ask([], { 'GET /api/v1/ab-tests': { body: { routes: [] } } })).out).toContain('No route has two variants');
});
