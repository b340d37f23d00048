import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { LEDGER } from '../../contracts/sizes.ts';
import { adoptRuns, type ListedRun } from '../../domain/runs/adoptRuns.ts';
import { beginSetBack, deleteRun, reopenRun } from '../../domain/runs/changeRun.ts';
import { listRuns } from '../../domain/runs/listRuns.ts';
import type { Execution } from '../../domain/runs/makeRoom.ts';
import { recordStepEnd, recordStepLogs, recordStepStart, type StepStart } from '../../domain/runs/record.ts';
import { getExecution, getRun, listStepLogs, listSteps } from '../../domain/runs/readRun.ts';
import { syncRun, type DescribeRun } from '../../domain/runs/syncRun.ts';
import { settleRun } from '../../domain/runs/settleRun.ts';
import { underWay } from '../../platform/temporal/activity.ts';
import { recordSteps } from '../../workers/recordSteps.ts';
import { deepList } from '../hostile/bodies.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createTestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** One that began as it is, unless it says otherwise. */
const execution = (temporalRunId: string, changed: Partial<Execution> = {}): Execution => ({
  temporalRunId,
  firstRunId: temporalRunId,
  isReset: false,
  ...changed,
});
const began = async (_runId: string, temporalRunId: string) => ({ input: {}, ...execution(temporalRunId) });
const attempt = (workflowId: string, changed: Partial<StepStart> = {}): StepStart => ({
  run: { runId: workflowId, workflow: 'movieDataCollection', subject: null, execution: execution('first') },
  workflowId,
  temporalRunId: 'first',
  activityId: '1',
  attempt: 1,
  step: 'stage_set',
  part: null,
  queue: 'control',
  worker: 'worker-control@1',
  ...changed,
});
const twice = async (body: () => Promise<void>) => {
  await body();
  await body();
};
const statesOf = async (runId: string) => (await listSteps(database.pool, runId)).map(({ step }) => [step.attempt, step.state]);

test('runs are found by a step that they did, their own or that of a part, and by the part of the work', async () => {
  const collected = attempt('collection/features');
  const did = (run: StepStart['run'], step: string, part: string | null, more: Partial<StepStart> = {}) =>
    recordStepStart(database.pool, attempt(run.runId, { run, step, part, activityId: `${step} ${part}`, ...more }));
  const ofPart = { ...collected.run, subject: 'features' };
  await did(ofPart, 'bring_online', 'movie_features', { workflowId: 'collection/features/features' });
  await did(ofPart, 'bring_online', 'user_features', { workflowId: 'collection/features/features' });
  await did({ ...collected.run, runId: 'materialize/one' }, 'bring_online', 'user_features');
  await did({ ...collected.run, runId: 'materialize/begun' }, 'compute_features', 'movie_features');
  const found = async (asked: { step?: string; part?: string }) =>
    (await listRuns(database.pool, { ...asked, limit: 10 })).runs.map(({ run_id }) => run_id).sort();
  expect(await found({ step: 'bring_online' })).toEqual(['collection/features', 'materialize/one']);
  expect(await found({ step: 'bring_online', part: 'movie_features' })).toEqual(['collection/features']);
  expect(await found({ part: 'movie_features' })).toEqual(['collection/features', 'materialize/begun']);
});

test('an attempt written twice is one attempt, with its lines once', async () => {
  const start = attempt('collection/twice');
  const line = { line: 1, loggedAt: new Date(), level: 'info', message: 'set staged', fields: { read: 3 } };
  await twice(() => recordStepStart(database.pool, start));
  await twice(() => recordStepLogs(database.pool, start, [line]));
  await twice(() => recordStepEnd(database.pool, start, { state: 'success', result: { read: 3 }, error: null }));
  const [found] = await listSteps(database.pool, start.workflowId);
  expect(found!.step).toMatchObject({ step: 'stage_set', subject: null, attempt: 1, state: 'success', result: { read: 3 } });
  const lines = await listStepLogs(database.pool, start.workflowId, { limit: 10, after: 0 });
  expect(lines.map(({ message, fields }) => [message, fields])).toEqual([['set staged', { read: 3 }]]);
});

test('a run that nobody reserved has its row from its first step', async () => {
  const run = { runId: 'training/scheduled', workflow: 'movieTrainingPipeline', subject: 'neural_cf', execution: execution('first') };
  await recordStepStart(database.pool, attempt('training/scheduled/neural_cf', { run, step: 'train_movie_model' }));
  expect(await getRun(database.pool, 'training/scheduled')).toMatchObject({
    workflow: 'movieTrainingPipeline',
    state: 'running',
    started_by: 'temporal',
  });
});

test('a run is a part of another where that one started it and its id says so; whatever looks like a part is adopted for itself', async () => {
  const inTemporal = { temporalRunId: 'first', startedAt: new Date(), scheduleId: null, scheduledAt: null, startedBy: null };
  const listed: ListedRun[] = [
    { ...inTemporal, runId: 'ui 100%', workflow: 'movieTrainingPipeline', parentId: null },
    { ...inTemporal, runId: 'ui 100%/popularity', workflow: 'movieModelTraining', parentId: 'ui 100%' },
    { ...inTemporal, runId: 'collection/by/hand', workflow: 'tmdbCollection', parentId: null },
    { ...inTemporal, runId: 'training/drift-a', workflow: 'movieTrainingPipeline', parentId: 'drift-retrain/a' },
    { ...inTemporal, runId: 'no\0row', workflow: 'movieDataCollection', parentId: null },
  ];
  const engine = { listStarted: async () => listed, readStart: began };
  expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 3 });
  const found = await Promise.all(listed.slice(0, 4).map(({ runId }) => getRun(database.pool, runId)));
  expect(found.map((run) => run && [run.workflow, run.started_by])).toEqual([
    ['movieTrainingPipeline', 'temporal'],
    undefined,
    ['tmdbCollection', 'temporal'],
    ['movieTrainingPipeline', 'drift-retrain/a'],
  ]);
});

test("what a schedule's runs were started by is told by their parent, whatever its id", async () => {
  const scheduled = {
    temporalRunId: 'first',
    workflow: 'movieDataCollection',
    startedAt: new Date(),
    scheduleId: 'mine',
    scheduledAt: new Date(0),
    startedBy: null,
  };
  const listed: ListedRun[] = [
    { ...scheduled, runId: 'by-temporal', parentId: null },
    { ...scheduled, runId: 'by-backfill', parentId: 'a backfill from the UI' },
  ];
  await adoptRuns(database.pool, { listStarted: async () => listed, readStart: began }, new Date(0));
  const found = await Promise.all(listed.map(({ runId }) => getRun(database.pool, runId)));
  expect(found.map((run) => [run?.run_type, run?.started_by])).toEqual([
    ['scheduled', 'schedule/mine'],
    ['backfill', 'a backfill from the UI'],
  ]);
});

test('a run that was deleted stays so while Temporal still lists it, and its id may run again', async () => {
  const runId = 'collection/deleted';
  const startedAt = new Date(Date.now() - 1_000);
  let listed: ListedRun = {
    runId,
    temporalRunId: 'first',
    workflow: 'movieDataCollection',
    startedAt,
    scheduleId: null,
    scheduledAt: null,
    parentId: null,
    startedBy: null,
  };
  const engine = { listStarted: async () => [listed], readStart: began };
  await recordStepStart(database.pool, attempt(runId));
  await settleRun(database.pool, runId, { state: 'success', temporalRunId: 'first', endedAt: new Date() });
  await twice(() => deleteRun(database.pool, runId));
  expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 0 });
  expect(await getRun(database.pool, runId)).toBeUndefined();

  listed = { ...listed, temporalRunId: 'second', startedAt: new Date(Date.now() + 1_000) };
  expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 1 });
  expect(await getRun(database.pool, runId)).toMatchObject({ state: 'running' });
});

test('attempts are numbered over all activities that did a step, of a step in parts those that did the part', async () => {
  const run = { runId: 'batch/numbered', workflow: 'batchRecommendations', subject: null };
  const first = execution('first');
  const begin = (step: string, part: string | null, activityId: string, by = first) =>
    recordStepStart(
      database.pool,
      attempt(run.runId, { run: { ...run, execution: by }, step, part, activityId, temporalRunId: by.temporalRunId }),
    );
  await begin('plan_batch', null, '1');
  await begin('plan_batch', null, '2'); // offered again
  await begin('recommend_shard', '0', '3');
  await begin('recommend_shard', '1', '4');
  await begin('recommend_shard', '1', '5');
  await beginSetBack(database.pool, run.runId);
  const second = execution('second', { firstRunId: 'first', isReset: true });
  await begin('plan_batch', null, '1', second);
  await begin('recommend_shard', '1', '2', second);
  await begin('fetch_tmdb_pages', null, '6');
  await begin('fetch_tmdb_pages', null, '7'); // a part that does not say which
  const steps = await listSteps(database.pool, run.runId);
  expect(steps.map(({ step: { step, part, attempt } }) => [step, part, attempt].join(' '))).toEqual([
    'plan_batch  1',
    'plan_batch  2',
    'recommend_shard 0 1',
    'recommend_shard 1 1',
    'recommend_shard 1 2',
    'plan_batch  3',
    'recommend_shard 1 3',
    'fetch_tmdb_pages  1',
    'fetch_tmdb_pages  1',
  ]);
});

test('an attempt whose worker died is lost once the next one starts', async () => {
  await recordStepStart(database.pool, attempt('collection/lost'));
  await recordStepStart(database.pool, attempt('collection/lost', { attempt: 2 }));
  expect(await statesOf('collection/lost')).toEqual([
    [1, 'lost'],
    [2, 'running'],
  ]);
});

test('a step beats from its first moment, also while the ledger keeps it waiting, and says with each what it said last of its progress', async () => {
  const { pool } = database;
  const temporal = await createTestTemporal();
  const step = new MockActivityEnvironment(
    { activityType: 'stageSet', workflowExecution: { workflowId: 'collection/beats', runId: randomUUID() } },
    { interceptors: [recordSteps({ pool, log: silentLog, metrics: new Registry(), worker: 'worker-control@1' })], client: temporal.client },
  );
  const beats: unknown[] = [];
  step.on('heartbeat', (progress: unknown) => beats.push(progress));
  const holder = await pool.connect();
  await holder.query('begin; lock table run_steps');
  const ended = step.run(async () => {
    underWay().report({ line: 7 });
    await waitFor('two more beats', () => beats.filter((beat) => beat !== undefined).length >= 3);
  });
  await waitFor('two beats before it began', () => beats.length >= 2);
  await holder.query('rollback').finally(() => holder.release());
  await ended;
  const began = beats.findIndex((beat) => beat !== undefined);
  expect(beats).toEqual([...beats.slice(0, began).fill(undefined), ...Array(3).fill({ line: 7 })]);
  expect(began).toBeGreaterThanOrEqual(2);
  await temporal.close();
});

describe('an id that runs again', () => {
  const listed = (runId: string, temporalRunId: string, second: number): ListedRun => ({
    ...{ runId, temporalRunId, workflow: 'movieDataCollection', startedAt: new Date(Date.UTC(2030, 0, 1, 0, 0, second)) },
    ...{ scheduleId: null, scheduledAt: null, parentId: null, startedBy: null },
  });
  const inExecution = (runId: string, by: Execution, changed: Partial<StepStart> = {}) =>
    attempt(runId, {
      run: { runId, workflow: 'movieDataCollection', subject: null, execution: by },
      temporalRunId: by.temporalRunId,
      ...changed,
    });
  const outcome = { state: 'failed' as const, temporalRunId: 'first', endedAt: new Date(), error: 'no source' };
  const executionsOf = async (runId: string) =>
    (
      await database.pool.query<{ temporal_run_id: string }>('select temporal_run_id from run_steps where run_id = $1 order by 1', [runId])
    ).rows.map(({ temporal_run_id }) => temporal_run_id);

  test('is another run, and the earlier one is kept with its steps under an address that names its execution', async () => {
    const id = 'collection/again';
    await recordStepStart(database.pool, attempt(id));
    await settleRun(database.pool, id, outcome);
    await recordStepStart(database.pool, attempt(id, { activityId: '2' })); // late, of a run that has ended
    expect(await getRun(database.pool, id)).toMatchObject({ state: 'failed', error: 'no source' });

    const second = inExecution(id, execution('second'));
    await twice(() => recordStepStart(database.pool, second));
    expect(await getRun(database.pool, id)).toMatchObject({ state: 'running', error: null, ended_at: null });
    expect(await getRun(database.pool, `${id}@first`)).toMatchObject({ state: 'failed', error: 'no source' });
    await recordStepStart(database.pool, attempt(id, { activityId: '3' })); // still later
    expect([await executionsOf(id), await executionsOf(`${id}@first`)]).toEqual([['second'], ['first', 'first', 'first']]);
    expect(await getExecution(database.pool, `${id}@first`)).toMatchObject({ workflowId: id, temporalRunId: 'first' });
    const { runs } = await listRuns(database.pool, { limit: 200 });
    expect(runs.map(({ run_id }) => run_id)).toEqual(expect.arrayContaining([id, `${id}@first`]));
  });

  test('as a reset that somebody made in Temporal is another run, and as one of ours it is the same', async () => {
    const reset = execution('second', { firstRunId: 'first', isReset: true });
    await recordStepStart(database.pool, attempt('collection/reset'));
    await recordStepStart(database.pool, inExecution('collection/reset', reset));
    expect([await executionsOf('collection/reset'), await executionsOf('collection/reset@first')]).toEqual([['second'], ['first']]);

    await recordStepStart(database.pool, attempt('collection/cleared'));
    await settleRun(database.pool, 'collection/cleared', outcome);
    await beginSetBack(database.pool, 'collection/cleared');
    await recordStepStart(database.pool, inExecution('collection/cleared', reset)); // before whoever reset it says so
    await reopenRun(database.pool, 'collection/cleared', { temporalRunId: 'second', workflowIds: [] });
    expect(await executionsOf('collection/cleared')).toEqual(['first', 'second']);
    expect(await getRun(database.pool, 'collection/cleared')).toMatchObject({ state: 'running', error: null });
    const engine = { listStarted: async () => [listed('collection/cleared', 'first', 1)], readStart: began };
    expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 0 });

    const later = execution('third', { firstRunId: 'first', isReset: true });
    await recordStepStart(database.pool, inExecution('collection/cleared', later)); // by somebody else
    expect([await executionsOf('collection/cleared'), await executionsOf('collection/cleared@second')]).toEqual([
      ['third'],
      ['first', 'second'],
    ]);
  });

  test('as one that continues as new is the same run, also before its steps tell', async () => {
    const next = execution('second', { firstRunId: 'first' });
    await recordStepStart(database.pool, attempt('backfill/long'));
    await recordStepStart(database.pool, inExecution('backfill/long', next));
    expect(await executionsOf('backfill/long')).toEqual(['first', 'second']);
    const third = { input: {}, ...execution('third', { firstRunId: 'first' }) };
    const engine = { listStarted: async () => [listed('backfill/long', 'third', 3)], readStart: async () => third };
    expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 1 });
    expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 0 });
    expect(await getExecution(database.pool, 'backfill/long')).toMatchObject({ temporalRunId: 'third', run: { state: 'running' } });
  });

  test('several times between two looks is as many runs, the latest under the id, in whatever order they are seen', async () => {
    const id = 'collection/thrice';
    let now = [listed(id, 'second', 2)];
    const engine = { listStarted: async () => now, readStart: began };
    await adoptRuns(database.pool, engine, new Date(0));
    now = [listed(id, 'third', 3), listed(id, 'first', 1), listed(id, 'second', 2)];
    expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 2 });
    expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 0 });
    const found = await Promise.all([id, `${id}@second`, `${id}@first`].map((runId) => getExecution(database.pool, runId)));
    expect(found.map((run) => [run?.workflowId, run?.temporalRunId])).toEqual([
      [id, 'third'],
      [id, 'second'],
      [id, 'first'],
    ]);
  });

  test('is settled each by its own end', async () => {
    const id = 'collection/each';
    const engine = { listStarted: async () => [listed(id, 'first', 1), listed(id, 'second', 2)], readStart: began };
    await adoptRuns(database.pool, engine, new Date(0));
    const asked: unknown[] = [];
    const describeRun: DescribeRun = async (workflowId, temporalRunId) => {
      asked.push([workflowId, temporalRunId]);
      const state = temporalRunId === 'first' ? 'failed' : 'success';
      return { state, temporalRunId: temporalRunId ?? '', startedAt: new Date(), endedAt: new Date() };
    };
    const states = await Promise.all([id, `${id}@first`].map(async (runId) => (await syncRun(database.pool, describeRun, runId))?.state));
    expect(states).toEqual(['success', 'failed']);
    expect(asked).toEqual(expect.arrayContaining([[id, 'first'], [id, 'second']])); // prettier-ignore
  });

  test('where somebody has taken the address of the earlier run goes on in one row', async () => {
    await recordStepStart(database.pool, attempt('collection/taken@first'));
    await recordStepStart(database.pool, attempt('collection/taken'));
    await recordStepStart(database.pool, inExecution('collection/taken', execution('second')));
    expect(await executionsOf('collection/taken')).toEqual(['first', 'second']);
  });
});

test('what a step or a run leaves is kept up to a bound, whatever it is, with a word on what is not there', async () => {
  const huge = `\0${'€'.repeat(900_000)}`;
  const start = attempt('collection/huge');
  await recordStepStart(database.pool, start);
  const line = { line: 1, loggedAt: new Date(), level: 'error', message: huge };
  await recordStepLogs(database.pool, start, [
    { ...line, fields: { huge } },
    { ...line, line: 2, fields: { 'nul\0': '\ud800' } },
  ]);
  await recordStepEnd(database.pool, start, { state: 'failed', result: { huge }, error: huge });
  await settleRun(database.pool, 'collection/huge', { state: 'failed', endedAt: new Date(), result: { huge }, error: huge });

  const run = await getRun(database.pool, 'collection/huge');
  const [found] = await listSteps(database.pool, 'collection/huge');
  const lines = await listStepLogs(database.pool, 'collection/huge', { limit: 10, after: 0 });
  for (const text of [run!.error, found!.step.error, ...lines.map(({ message }) => message)]) {
    expect(text).toMatch(/^\ufffd€+ … \(\d+ characters left out\)$/);
    expect(text!.length).toBeLessThanOrEqual(LEDGER.textCharacters);
  }
  const omitted = { omitted: expect.stringContaining('bytes as JSON') };
  expect([run!.result, found!.step.result, lines[0]!.fields]).toEqual([omitted, omitted, omitted]);
  expect(lines[1]!.fields).toEqual({ 'nul\ufffd': '\ufffd' });
});

test('runs that were started past our doors with an input that is too large or too deep are adopted like the others', async () => {
  const inputs: Record<string, unknown> = {
    'collection/plain': { path: 'a' },
    'collection/large': { path: 'x'.repeat(900_000) },
    'collection/deep': JSON.parse(deepList(100_000)),
  };
  const listed = Object.keys(inputs).map((runId): ListedRun => ({
    runId,
    temporalRunId: 'first',
    workflow: 'movieDataCollection',
    startedAt: new Date(),
    scheduleId: null,
    scheduledAt: null,
    parentId: null,
    startedBy: null,
  }));
  const engine = {
    listStarted: async () => listed,
    readStart: async (runId: string) => ({ input: inputs[runId], firstRunId: 'first', isReset: false }),
  };
  expect(await adoptRuns(database.pool, engine, new Date(0))).toMatchObject({ adopted: 3 });
  const kept = await Promise.all(Object.keys(inputs).map(async (runId) => (await getRun(database.pool, runId))?.input));
  expect(kept).toEqual([{ path: 'a' }, { omitted: expect.any(String) }, { omitted: 'the input nests deeper than 32' }]);
});
