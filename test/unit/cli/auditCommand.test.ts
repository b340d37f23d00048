import { expect, test } from '@jest/globals';
import type { AuditEntry } from '../../../contracts/audit.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('audit');
const ENTRY: AuditEntry = {
  ...{
    audit_id: '8',
    happened_at: '2026-11-23T22:55:00.000Z',
    kind: 'changed',
    request: '7',
    who: 'anna',
    key_id: '3f9a1c0b7d42',
    role: 'operator',
  },
  ...{ what: 'update model_aliases', target: 'model_aliases/ials/champion', before: { version: 1 }, after: { version: 2 }, status: null },
  request_id: 'r-1',
};

test('who changed what from what to what, and where to go on', async () => {
  const args = ['--who', 'anna', '--key', '3f9a1c0b7d42', '--since', '2026-11-23', '--limit', '2'];
  const query = 'limit=2&who=anna&key_id=3f9a1c0b7d42&since=2026-11-23T00:00:00.000Z';
  const body = { entries: [ENTRY, { ...ENTRY, kind: 'answered', key_id: null, status: 200 }], next_cursor: '8' };
  const { out } = await ask(args, { [`GET /api/v1/audit`]: { body } });
  const [heads, changed, answered] = cells(out);
  expect(heads).toEqual(['WHEN', 'REQUEST', 'WHO', 'KIND', 'WHAT', 'TARGET', 'OUTCOME']);
  expect(changed?.slice(1)).toEqual([
    ...['7', 'anna (3f9a1c0b7d42)', 'changed', 'update model_aliases', 'model_aliases/ials/champion', '{"version":1} → {"version":2}'],
  ]);
  expect([answered?.[2], answered?.at(-1)]).toEqual(['anna', '200']);
  expect(out).toContain('More: --cursor 8');
  expect(decodeURIComponent(String(asked()[0]?.[0]))).toBe(`GET /api/v1/audit?${query}`);
});
