import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runDetailSchema, runPageSchema, type Run, type RunDetail, type RunLogLine } from '../../contracts/runs.ts';
import { LEDGER } from '../../contracts/sizes.ts';
import { listRuns } from '../../domain/runs/listRuns.ts';
import { recordStepStart } from '../../domain/runs/record.ts';
import { settleRun } from '../../domain/runs/settleRun.ts';
import { reconcileOpenRuns } from '../../domain/runs/syncRun.ts';
import type { Database } from '../../platform/postgres.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { startApiWithDoubles, type ApiWithDoubles } from '../support/apiWithDoubles.ts';
import { waitFor } from '../support/waitFor.ts';
import { PROGRESS } from '../support/workerOfDoubles.ts';

let database: ApiWithDoubles['database'];
let temporal: ApiWithDoubles['temporal'];
let api: ApiWithDoubles['api'];
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ api, database, temporal, stop } = await startApiWithDoubles());
});
afterAll(() => stop());
beforeEach(() => database.pool.query('delete from runs'));

const start = (json: { workflow: string; run?: string; input?: unknown }) => api.call<RunDetail>('POST', '/api/v1/runs', { json });
const show = async (runId: string) => (await api.call<RunDetail>('GET', `/api/v1/runs/${runId}`)).body;
const ended = (runId: string) =>
  waitFor(`${runId} to end`, async () => {
    const run = await show(runId);
    return run.ended_at ? run : undefined;
  });
const insertRun = (runId: string, state: string, createdAt: string) =>
  database.pool.query(
    `insert into runs (run_id, workflow, state, started_by, created_at) values ($1, 'movieDataCollection', $2, 'test', $3)`,
    [runId, state, createdAt],
  );

describe('a run', () => {
  test('is accepted with its place, and then shows its result, steps and log lines', async () => {
    const { status, headers, body } = await start({ workflow: 'movieDataCollection', run: 'good' });
    expect({ status, location: headers.get('location'), run_id: body.run_id, state: body.state, input: body.input }).toEqual({
      status: 202,
      location: '/api/v1/runs/collection/good',
      run_id: 'collection/good',
      state: 'queued',
      input: { source: 'movielens' },
    });

    const run = await ended('collection/good');
    expect(runDetailSchema.parse(run)).toEqual(run);
    expect(run).toMatchObject({ state: 'success', result: { rows: 3 }, error: null, started_by: 'local' });
    expect(run.steps).toEqual([
      expect.objectContaining({ step: 'load_catalogue', subject: null, attempt: 1, state: 'success', result: { rows: 3 }, progress: null }),
    ]);
    const logs = await api.call<{ lines: RunLogLine[] }>('GET', '/api/v1/runs/collection/good/logs?limit=1&after=1&step=load_catalogue');
    expect(logs.body.lines).toEqual([expect.objectContaining({ step: 'load_catalogue', attempt: 1, message: 'step ended' })]);
  });

  test('without a name gets one from the time', async () => {
    const { body } = await start({ workflow: 'movieDataCollection' });
    expect(body.run_id).toMatch(/^collection\/\d{8}T\d{6}-[0-9a-f]{4}$/);
    await ended(body.run_id);
  });

  test('that failed says why, with the type of the failure', async () => {
    await start({ workflow: 'movieDataCollection', run: 'bad', input: { path: 'fail' } });
    expect(await ended('collection/bad')).toMatchObject({
      state: 'failed',
      result: null,
      error: 'SourceCorrupt: ratings.csv ends in half a row',
    });
  });

  test('that failed at length says so in a bounded text, for each attempt too, and Temporal keeps no more', async () => {
    await start({ workflow: 'movieDataCollection', run: 'wordy', input: { path: 'fail at length' } });
    const { error, steps } = await ended('collection/wordy');
    for (const text of [error, ...steps.map((step) => step.error)]) {
      expect(text).toMatch(/^(Error: )?w{1000,} … \(\d+ characters left out\)/);
      expect(text!.length).toBeLessThanOrEqual(LEDGER.textCharacters);
    }
    expect(steps).toHaveLength(2);
    const { events } = await temporal.client.workflow.getHandle('collection/wordy').fetchHistory();
    expect(JSON.stringify(events).length).toBeLessThan(60_000);
    const { lines } = (await api.call<{ lines: RunLogLine[] }>('GET', '/api/v1/runs/collection/wordy/logs')).body;
    expect(JSON.stringify(lines).length).toBeLessThan(20_000);
  });

  test('shows each attempt of a step', async () => {
    await start({ workflow: 'movieDataCollection', run: 'twice', input: { path: 'fail once' } });
    const { state, steps } = await ended('collection/twice');
    expect({ state, attempts: steps.map(({ attempt, state, error }) => ({ attempt, state, error })) }).toEqual({
      state: 'success',
      attempts: [
        { attempt: 1, state: 'failed', error: expect.stringContaining('the disk was busy') },
        { attempt: 2, state: 'success', error: null },
      ],
    });
  });

  test('is set back to one of its steps, which is done again, and goes on from there', async () => {
    await start({ workflow: 'movieDataCollection', run: 'again', input: { path: 'fail' } });
    expect((await ended('collection/again')).state).toBe('failed');
    const retry = (json: unknown) => api.call('POST', '/api/v1/runs/collection/again/retry', { json });
    expect((await retry({ step: 'no_such_step' })).status).toBe(404);
    expect((await retry({ step: 'load_catalogue', subject: 'ials' })).status).toBe(404);
    expect((await retry({})).status).toBe(422);
    const { status, body } = await retry({ step: 'load_catalogue' });
    expect([status, body]).toEqual([202, expect.objectContaining({ run_id: 'collection/again', error: null })]);
    const { steps, state } = await ended('collection/again');
    expect([state, steps.map(({ step, attempt }) => [step, attempt])]).toEqual([
      'failed',
      [
        ['load_catalogue', 1],
        ['load_catalogue', 2],
      ],
    ]);
  });

  test("shows the progress of a child's step while it goes on, and stops when it is cancelled", async () => {
    await start({ workflow: 'movieTrainingPipeline', run: 'long' });
    const [step] = await waitFor('progress', async () => {
      const { steps } = await show('training/long');
      return steps[0]?.progress ? steps : undefined;
    });
    expect(step).toMatchObject({ step: 'train_movie_model', subject: 'neural_cf', state: 'running', progress: PROGRESS });

    expect(await api.call('POST', '/api/v1/runs/training/long/cancel')).toMatchObject({ status: 202, body: { state: 'running' } });
    expect(await ended('training/long')).toMatchObject({ state: 'cancelled', steps: [{ state: 'cancelled' }] });
    expect(await api.call('POST', '/api/v1/runs/training/long/cancel')).toMatchObject({
      status: 409,
      body: { detail: 'training/long is cancelled and cannot be cancelled' },
    });
  });

  test('that is not there: 404 to all that is asked of it', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/runs/training/none'],
      ['GET', '/api/v1/runs/training/none/logs'],
      ['POST', '/api/v1/runs/training/none/cancel'],
    ] as const) {
      expect(await api.call(method, path)).toMatchObject({ status: 404, body: { detail: 'There is no run training/none' } });
    }
  });
});

describe('a run id', () => {
  test('used twice is refused, also by two at once', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => start({ workflow: 'movieDataCollection', run: 'same' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    await ended('collection/same');
    expect(await start({ workflow: 'movieDataCollection', run: 'same' })).toMatchObject({
      status: 409,
      body: { detail: 'There is a run collection/same already; choose another name' },
    });
  });

  test('that Temporal knows and the ledger does not is refused and not kept', async () => {
    await start({ workflow: 'movieDataCollection', run: 'forgotten' });
    await ended('collection/forgotten');
    await database.pool.query('delete from runs');
    expect((await start({ workflow: 'movieDataCollection', run: 'forgotten' })).status).toBe(409);
    expect((await api.call('GET', '/api/v1/runs/collection/forgotten')).status).toBe(404);
  });
});

describe('what became of a run that Temporal does not know', () => {
  test('was running: failed, because its retention has passed', async () => {
    await insertRun('collection/old', 'running', '2026-01-01T00:00:00Z');
    expect(await show('collection/old')).toMatchObject({ state: 'failed', error: expect.stringContaining('retention') });
  });

  test('was reserved long ago: it never started; just now: it is still to start', async () => {
    await insertRun('collection/lost', 'queued', new Date(Date.now() - 31_000).toISOString());
    await insertRun('collection/starting', 'queued', new Date().toISOString());
    expect(await show('collection/lost')).toMatchObject({ state: 'failed', error: expect.stringContaining('never started') });
    expect(await show('collection/starting')).toMatchObject({ state: 'queued', error: null });
  });
});

test('a run that nobody reads is closed by the sweep, once', async () => {
  await start({ workflow: 'movieDataCollection', run: 'unread' });
  await temporal.client.workflow.getHandle('collection/unread').result();
  const { describe } = createTemporalRuns(temporal.client);
  expect(await reconcileOpenRuns(database.pool, describe)).toBe(1);
  expect(await reconcileOpenRuns(database.pool, describe)).toBe(0);
  const { rows } = await database.pool.query('select state, result from runs');
  expect(rows).toEqual([{ state: 'success', result: { rows: 3 } }]);
});

test('the first outcome of a run stays, and its open steps are lost with it', async () => {
  await recordStepStart(database.pool, {
    ...{ workflowId: 'collection/torn', temporalRunId: 'a', activityId: '1', attempt: 1 },
    ...{
      run: {
        runId: 'collection/torn',
        workflow: 'movieDataCollection',
        subject: null,
        execution: { temporalRunId: 'a', firstRunId: 'a', isReset: false },
      },
      step: 'load_catalogue',
      part: null,
      queue: 'control',
      worker: 'w',
    },
  });
  const endedAt = new Date('2026-01-02T00:00:00Z');
  const first = await settleRun(database.pool, 'collection/torn', { state: 'failed', endedAt, error: 'torn' });
  expect(first).toMatchObject({ state: 'failed', error: 'torn', ended_at: endedAt.toISOString() });
  expect(await settleRun(database.pool, 'collection/torn', { state: 'success', endedAt: new Date(), result: 1 })).toEqual(first);
  expect((await show('collection/torn')).steps).toMatchObject([{ state: 'lost', ended_at: endedAt.toISOString() }]);
});

test('a run that was terminated has failed, with the reason given', async () => {
  await start({ workflow: 'movieTrainingPipeline', run: 'ended' });
  await temporal.client.workflow.getHandle('training/ended').terminate('out of patience');
  expect(await ended('training/ended')).toMatchObject({ state: 'failed', error: 'TerminatedFailure: out of patience' });
});

describe('the list of runs', () => {
  beforeEach(async () => {
    await database.pool.query(
      `insert into runs (run_id, workflow, state, started_by, created_at)
       select 'collection/' || n, case when n % 3 = 0 then 'movieTrainingPipeline' else 'movieDataCollection' end,
         case when n % 2 = 0 then 'failed' else 'success' end, 'test', timestamptz '2026-01-01' + make_interval(secs => n / 2)
       from generate_series(1, 10000) n`,
    );
    await database.pool.query('analyze runs');
  });

  test('comes page by page, newest first, each run once, also while others start', async () => {
    const seen: Run[] = [];
    let cursor = '';
    do {
      const { body } = await api.call<{ runs: Run[]; next_cursor: string | null }>(
        'GET',
        `/api/v1/runs?limit=200&workflow=movieTrainingPipeline&state=failed&cursor=${cursor}`.replace(/&cursor=$/, ''),
      );
      runPageSchema.parse(body);
      seen.push(...body.runs);
      cursor = body.next_cursor ?? '';
      await insertRun(`collection/new-${seen.length}`, 'failed', new Date().toISOString());
    } while (cursor);
    const { rows } = await database.pool.query<{ run_id: string }>(
      `select run_id from runs where workflow = 'movieTrainingPipeline' and state = 'failed' order by created_at desc, run_id desc`,
    );
    expect(seen.map(({ run_id }) => run_id)).toEqual(rows.map(({ run_id }) => run_id));
    expect(seen.length).toBe(1666);
  });

  test('is read by index, whatever is asked', async () => {
    const plans: string[] = [];
    const explaining = {
      async query(sql: string, values: unknown[]) {
        const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return { rows: [] };
      },
    } as unknown as Database;
    const cursor = Buffer.from(JSON.stringify(['2026-01-01 00:10:00+00', 'collection/600'])).toString('base64url');
    for (const filter of [
      {},
      { cursor },
      { workflow: 'movieDataCollection' },
      { workflow: 'movieDataCollection', state: 'failed' as const, cursor },
    ]) {
      await listRuns(explaining, { ...filter, limit: 50 });
    }
    for (const plan of plans) expect(plan).toMatch(/^Limit.*\n +-> +Index Scan/);
    expect(plans.length).toBe(4);
  });
});
