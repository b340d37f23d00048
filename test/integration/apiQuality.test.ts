import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { qualityReportSchema } from '../../contracts/quality.ts';
import { insertReport } from '../../domain/imports/quality/qualityReports.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const RULE = {
  rule: 'ratings.rating_in_range',
  check: 'range' as const,
  passed: false,
  offending: 2,
  of: 3,
  detail: '2 of 3 rows',
  sample: [{ line: 2, reason: 'rating 9.5 is not 0.5 to 5 in halves' }],
};
let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
  const report = { row_counts: { movies: 2, ratings: 1 }, newest_at: new Date('2015-01-01T00:00:00Z') };
  await insertReport(database.pool, { ...report, run_id: 'import/a', dataset: 'ml-1m', passed: true, rules: [{ ...RULE, passed: true }] });
  await insertReport(database.pool, { ...report, run_id: 'import/b', dataset: 'ml-100k', passed: false, rules: [RULE] });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});
const get = (query: string) => api.call<{ reports: { run_id: string; failed_rules: string[] }[] }>('GET', `/api/v1/data/quality${query}`);

test('reports are listed, newest first, with the rules that were broken', async () => {
  expect((await get('')).body.reports.map(({ run_id, failed_rules }) => [run_id, failed_rules])).toEqual([
    ['import/b', ['ratings.rating_in_range']],
    ['import/a', []],
  ]);
  expect((await get('?dataset=ml-1m')).body.reports.map(({ run_id }) => run_id)).toEqual(['import/a']);
});

test('a report has each rule with what it found and the rows that break it', async () => {
  const { body } = await api.call('GET', '/api/v1/data/quality/import/b');
  expect(qualityReportSchema.parse(body)).toMatchObject({
    passed: false,
    newest_at: '2015-01-01T00:00:00.000Z',
    published_at: null,
    rules: [RULE],
  });
});

test('one that is not there: 404; a limit that is none: 422', async () => {
  expect((await get('/import/none')).status).toBe(404);
  expect((await get('?limit=0')).status).toBe(422);
});
