import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStepEnd, recordStepLogs, recordStepStart, type StepStart } from '../../domain/runs/record.ts';
import { getRun, listStepLogs, listSteps } from '../../domain/runs/readRun.ts';
import { settleRun } from '../../domain/runs/settleRun.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const attempt = (workflowId: string, changed: Partial<StepStart> = {}): StepStart => ({
  workflowId,
  temporalRunId: 'first',
  activityId: '1',
  attempt: 1,
  step: 'load_movies',
  queue: 'control',
  worker: 'worker-control@1',
  ...changed,
});
const twice = async (body: () => Promise<void>) => {
  await body();
  await body();
};
const statesOf = async (runId: string) => (await listSteps(database.pool, runId)).map(({ step }) => [step.attempt, step.state]);

test('an attempt written twice is one attempt, with its lines once', async () => {
  const start = attempt('collection/twice');
  const line = { line: 1, loggedAt: new Date(), level: 'info', message: 'rows loaded', fields: { read: 3 } };
  await twice(() => recordStepStart(database.pool, start));
  await twice(() => recordStepLogs(database.pool, start, [line]));
  await twice(() => recordStepEnd(database.pool, start, { state: 'success', result: { read: 3 }, error: null }));
  const [found] = await listSteps(database.pool, start.workflowId);
  expect(found!.step).toMatchObject({ step: 'load_movies', subject: null, attempt: 1, state: 'success', result: { read: 3 } });
  const lines = await listStepLogs(database.pool, start.workflowId, { limit: 10, after: 0 });
  expect(lines.map(({ message, fields }) => [message, fields])).toEqual([['rows loaded', { read: 3 }]]);
});

test('a run that nobody reserved has its row from its first step', async () => {
  await recordStepStart(database.pool, attempt('training/scheduled/neural_cf', { step: 'train_movie_model' }));
  expect(await getRun(database.pool, 'training/scheduled')).toMatchObject({
    workflow: 'movieTrainingPipeline',
    state: 'running',
    started_by: 'temporal',
  });
});

test('an attempt whose worker died is lost once the next one starts', async () => {
  await recordStepStart(database.pool, attempt('collection/lost'));
  await recordStepStart(database.pool, attempt('collection/lost', { attempt: 2 }));
  expect(await statesOf('collection/lost')).toEqual([
    [1, 'lost'],
    [2, 'running'],
  ]);
});

test('a run whose id runs again is open again, and a late step of the same run leaves a closed one closed', async () => {
  const start = attempt('collection/again');
  const outcome = { state: 'failed' as const, temporalRunId: 'first', endedAt: new Date(), error: 'no source' };
  await recordStepStart(database.pool, start);
  await settleRun(database.pool, 'collection/again', outcome);
  await recordStepStart(database.pool, { ...start, activityId: '2' });
  expect(await getRun(database.pool, 'collection/again')).toMatchObject({ state: 'failed', error: 'no source' });
  await recordStepStart(database.pool, { ...start, temporalRunId: 'second' });
  expect(await getRun(database.pool, 'collection/again')).toMatchObject({ state: 'running', error: null, ended_at: null });
});
