import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { createAirflowApi } from '../../api/airflow/app.ts';
import { startTestApi, OPEN_ACCESS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { startWorkerOfAnswers } from '../support/workerOfAnswers.ts';
import { locatePython } from '../../deploy/local/engines/engine.ts';
import { putScheduleBodySchema } from '../../contracts/schedules.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { readConfig } from '../../platform/config.ts';
import { createTemporalSchedules } from '../../platform/temporal/schedules.ts';
import { answers } from '../replay/answers.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let guarded: TestApi;
let stopWorker: () => Promise<void>;
/** Models that were trained, in order; and what an attempt at one, or at opening a set, does. */
let trained: string[] = [];
let onTrain: (kind: string) => Promise<void> | void;
let onOpen: () => Promise<void> | void;

beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  stopWorker = await startWorkerOfAnswers(temporal, database.pool, {
    async trainMovieModel(input) {
      trained.push(input.spec.kind);
      await onTrain(input.spec.kind);
      return answers.trainMovieModel(input);
    },
    async openCollectedSet(input) {
      await onOpen();
      return answers.openCollectedSet(input);
    },
  });
  const settings = {
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
  };
  api = await startTestApi(settings, createAirflowApi);
  const credentials = [{ name: 'eve', role: 'viewer' as const, secret: 'the-secret-of-eve' }];
  guarded = await startTestApi({ ...settings, access: { ...OPEN_ACCESS, credentials } }, createAirflowApi);
});
afterAll(async () => {
  await Promise.all([api.stop(), guarded.stop()]);
  await stopWorker();
  await temporal.close();
  await database.drop();
});
beforeEach(async () => {
  await database.pool.query('delete from runs');
  trained = [];
  onTrain = () => undefined;
  onOpen = () => undefined;
});

/** Goes on until it is cancelled. */
async function endless(): Promise<void> {
  for (;;) {
    Context.current().heartbeat();
    await Context.current().sleep(50);
  }
}
/** Throws what no retry mends until it is told not to. */
function failing(kind: string, message = 'the loss is NaN') {
  let fails = true;
  onTrain = (given) => {
    if (fails && given === kind) throw ApplicationFailure.nonRetryable(message, 'NumericalFailure');
  };
  return () => (fails = false);
}

interface Instance {
  task_id: string;
  map_index: number;
  state: string | null;
  try_number: number;
}
const TRAINING = '/api/v1/dags/movie_training_pipeline';
const COLLECTION = '/api/v1/dags/movie_data_collection';
const trigger = (dag: string, json: object) => api.call<{ dag_run_id: string; state: string }>('POST', `${dag}/dagRuns`, { json });
const stateOf = async (run: string) => (await api.call<{ state: string }>('GET', run)).body.state;
const until = (state: string, run: string) => waitFor(`${run} to be ${state}`, async () => (await stateOf(run)) === state);
const clear = (dag: string, json: object) => api.call<{ task_instances: Instance[] }>('POST', `${dag}/clearTaskInstances`, { json });
const tasks = async (run: string) => {
  const { body } = await api.call<{ task_instances: Instance[] }>('GET', `${run}/taskInstances`);
  return body.task_instances.map(({ task_id, map_index, state, try_number }) => `${task_id}[${map_index}] ${state} ${try_number}`).sort();
};

test("Airflow's own Python client does with it what it does with Airflow", async () => {
  const schedules = createTemporalSchedules(temporal.client);
  await schedules.put('weekly', {
    ...putScheduleBodySchema.parse({ workflow: 'movieTrainingPipeline', cron: '0 4 * * 0' }),
    workflowId: runId('movieTrainingPipeline', 'weekly'),
    taskQueue: TASK_QUEUES.control,
  });
  await waitFor('the schedule in the list', async () => (await schedules.list()).length === 1);
  const mend = failing('neural_cf');
  // The client asks with dry_run first; what it then clears goes well.
  const cleared = waitFor('both models', () => trained.length === 2).then(mend);
  onOpen = endless;

  const python = locatePython(readConfig().cacheDir, 'apache-airflow-client');
  const script = path.join(import.meta.dirname, 'drive_airflow.py');
  const { stdout } = await promisify(execFile)(python, [script, api.url]);
  await cleared;
  const seen = JSON.parse(stdout) as Record<string, unknown>;
  const PROBLEM = ['detail', 'status', 'title', 'type'];
  const RUN = 'manual__2026-01-01T00:00:00+00:00';
  expect(seen).toEqual({
    health: ['healthy', 'healthy'],
    dags: ['movie_data_collection', 'movie_training_pipeline'],
    details: 'UTC',
    tasks: ['evaluate_trained_model', 'mark_winner', 'prepare_training_data', 'register_model_to_mlflow', 'train_movie_model'],
    schedule: '0 4 * * 0',
    paused: [true, false],
    triggered: [RUN, 'queued', 'manual', 'by hand'],
    again: [409, PROBLEM],
    bad_conf: [400, PROBLEM],
    no_dag: [404, PROBLEM],
    failed: [
      ['evaluate_trained_model', 0, 'success', 1],
      ['mark_winner', -1, 'success', 1],
      ['prepare_training_data', -1, 'success', 1],
      ['register_model_to_mlflow', 0, 'success', 1],
      ['train_movie_model', 0, 'success', 1],
      ['train_movie_model', 1, 'failed', 1],
    ],
    log: true,
    xcom: ['return_value', true],
    xcoms: 1,
    dry_run: ['train_movie_model'],
    still: 'failed',
    cleared: ['train_movie_model'],
    after: [
      ['evaluate_trained_model', 0, 'success', 1],
      ['evaluate_trained_model', 1, 'success', 1],
      ['mark_winner', -1, 'success', 2],
      ['prepare_training_data', -1, 'success', 1],
      ['register_model_to_mlflow', 0, 'success', 1],
      ['register_model_to_mlflow', 1, 'success', 1],
      ['train_movie_model', 0, 'success', 1],
      ['train_movie_model', 1, 'success', 2],
    ],
    tries: [
      [1, 'failed'],
      [2, 'success'],
    ],
    listed: [[RUN], 1],
    stopped: 'failed',
    deleted: [404, PROBLEM],
  });
  expect(trained.sort()).toEqual(['neural_cf', 'neural_cf', 'popularity']);
});

test("the guide's printed call starts a collection", async () => {
  const headers = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` };
  const { status, body } = await api.call<{ dag_run_id: string }>('POST', `${COLLECTION}/dagRuns`, { json: { conf: {} }, headers });
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { dag_id: 'movie_data_collection', state: 'queued', external_trigger: true },
  });
  expect(body.dag_run_id).toMatch(/^manual__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  await until('success', `${COLLECTION}/dagRuns/${encodeURIComponent(body.dag_run_id)}`);
});

describe('clearing', () => {
  const run = `${TRAINING}/dagRuns/r`;
  const start = async (name: string, kinds: string[]) => {
    expect((await trigger(TRAINING, { dag_run_id: name, conf: { models: kinds.map((kind) => ({ kind })) } })).status).toBe(200);
  };

  test('one of two that failed lets that one go on, and the run tells of the other', async () => {
    onTrain = (kind) => {
      if (kind !== 'popularity' || trained.filter((one) => one === kind).length === 1)
        throw ApplicationFailure.nonRetryable('no', 'NumericalFailure');
    };
    await start('two', ['popularity', 'neural_cf']);
    const two = `${TRAINING}/dagRuns/two`;
    await until('failed', two);
    expect((await clear(TRAINING, { dag_run_id: 'two', dry_run: false })).body.task_instances).toHaveLength(2);
    await waitFor('the run to end again', async () => trained.length === 4 && (await stateOf(two)) === 'failed');
    expect(await tasks(two)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^train_movie_model\[\d] success 2$/),
        expect.stringMatching(/^train_movie_model\[\d] failed 2$/),
      ]),
    );
  });

  test('a step that succeeded does it and what came after again', async () => {
    await start('r', ['popularity']);
    await until('success', run);
    await clear(TRAINING, { dag_run_id: 'r', task_ids: ['evaluate_trained_model'], only_failed: false, dry_run: false });
    await waitFor('the second try', async () => (await tasks(run)).includes('register_model_to_mlflow[0] success 2'));
    await until('success', run);
    expect(await tasks(run)).toEqual([
      'evaluate_trained_model[0] success 2',
      'mark_winner[-1] success 2',
      'prepare_training_data[-1] success 1',
      'register_model_to_mlflow[0] success 2',
      'train_movie_model[0] success 1',
    ]);
  });

  test('a step that goes on ends it and begins it again', async () => {
    let isEndless = true;
    onTrain = () => (isEndless ? endless() : undefined);
    await start('going', ['neural_cf']);
    const going = `${TRAINING}/dagRuns/going`;
    await waitFor('training', () => trained.length === 1);
    expect((await clear(TRAINING, { dag_run_id: 'going', dry_run: false })).body.task_instances).toEqual([]); // only_failed
    isEndless = false;
    await clear(TRAINING, { dag_run_id: 'going', only_failed: false, only_running: true, dry_run: false });
    await until('success', going);
    expect(trained).toEqual(['neural_cf', 'neural_cf']);
  });

  test('the first step does the whole run again, its children too', async () => {
    await start('whole', ['popularity']);
    const whole = `${TRAINING}/dagRuns/whole`;
    await until('success', whole);
    expect((await api.call('POST', `${whole}/clear`, { json: { dry_run: false } })).status).toBe(200);
    await waitFor('both trainings', () => trained.length === 2);
    await until('success', whole);
  });

  test.each([
    [{ dag_run_id: 'none' }, 404],
    [{ task_ids: ['train_movie_model'] }, 400],
    [{ dag_run_id: 7 }, 400],
  ])('%j: %d', async (json, status) => {
    expect(await clear(TRAINING, json)).toMatchObject({ status, body: { status } });
  });

  test('an unknown task: 404', async () => {
    await start('known', ['popularity']);
    expect((await clear(TRAINING, { dag_run_id: 'known', task_ids: ['nothing'] })).status).toBe(404);
  });
});

describe('what is refused', () => {
  test.each<[string, string, unknown, number]>([
    ['POST', `${COLLECTION}/dagRuns`, { conf: { source: 'imdb' } }, 400],
    ['POST', `${COLLECTION}/dagRuns`, { conf: [] }, 400],
    ['POST', `${COLLECTION}/dagRuns`, { dag_run_id: 'a/b' }, 400],
    ['POST', `${COLLECTION}/dagRuns`, { logical_date: 'yesterday' }, 400],
    ['POST', '/api/v1/dags/drift_retrain/dagRuns', {}, 400],
    ['POST', '/api/v1/dags/nothing/dagRuns', {}, 404],
    ['GET', `${COLLECTION}/dagRuns/none`, undefined, 404],
    ['GET', `${COLLECTION}/dagRuns/a%00b`, undefined, 400],
    ['GET', `${COLLECTION}/dagRuns?limit=-1`, undefined, 400],
    ['GET', `${COLLECTION}/dagRuns?order_by=colour`, undefined, 400],
    ['GET', `${COLLECTION}/dagRuns?start_date_gte=noon`, undefined, 400],
    ['GET', `${COLLECTION}/tasks/nothing`, undefined, 404],
    ['PATCH', '/api/v1/dags/drift_retrain', { is_paused: true }, 409],
    ['PATCH', COLLECTION, { is_paused: 'yes' }, 400],
    ['GET', '/api/v1/pools', undefined, 404],
  ])('%s %s %j: %d', async (method, at, json, status) => {
    const { body, headers, ...answer } = await api.call(method, at, { json });
    expect(answer.status).toBe(status);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String), type: expect.any(String) });
  });

  test('a body that is not JSON: 400', async () => {
    const text = { text: '{"conf": ', headers: { 'content-type': 'application/json' } };
    expect(await api.call('POST', `${COLLECTION}/dagRuns`, text)).toMatchObject({
      status: 400,
      body: { status: 400, title: 'Bad request' },
    });
  });

  test('who is not known: 401 with how to say who one is; who may only look: 403; health is for all', async () => {
    const { status, headers } = await guarded.call('GET', '/api/v1/dags');
    expect({ status, how: headers.get('www-authenticate') }).toEqual({ status: 401, how: 'Basic realm="movie-mlops"' });
    const basic = { authorization: `Basic ${Buffer.from('eve:the-secret-of-eve').toString('base64')}` };
    expect((await guarded.call('GET', '/api/v1/dags', { headers: basic })).status).toBe(200);
    expect((await guarded.call('POST', `${COLLECTION}/dagRuns`, { json: {}, headers: basic })).status).toBe(403);
    for (const at of ['/health', '/api/v1/health']) {
      expect(await guarded.call('GET', at)).toMatchObject({ status: 200, body: { metadatabase: { status: 'healthy' } } });
    }
  });

  test('an id that is taken, also by two at once: one run', async () => {
    const answered = await Promise.all([1, 2].map(() => trigger(COLLECTION, { dag_run_id: 'same' })));
    expect(answered.map(({ status }) => status).sort()).toEqual([200, 409]);
    await until('success', `${COLLECTION}/dagRuns/same`);
  });
});

test('runs come in pages, sorted and filtered as asked, and never more than a hundred', async () => {
  await database.pool.query(
    `insert into runs (run_id, workflow, state, input, started_by, created_at)
     select 'import/' || n, 'dataImport', case when n % 2 = 0 then 'success' else 'cancelled' end, '{}', 'test',
       timestamptz '2026-01-01' + n * interval '1 hour' from generate_series(1, 150) n`,
  );
  const list = async (query: string) => {
    const { body } = await api.call<{ dag_runs: { dag_run_id: string }[]; total_entries: number }>(
      'GET',
      `/api/v1/dags/data_import/dagRuns?${query}`,
    );
    return { ids: body.dag_runs.map(({ dag_run_id }) => dag_run_id), total: body.total_entries };
  };
  expect(await list('limit=2&offset=2')).toEqual({ ids: ['3', '4'], total: 150 });
  expect((await list('limit=100000')).ids).toHaveLength(100);
  expect(await list('limit=2&order_by=-execution_date&state=failed')).toEqual({ ids: ['149', '147'], total: 75 });
  expect(await list('execution_date_gte=2026-01-07T05:00:00Z&execution_date_lte=2026-01-07T06:00:00%2B00:00')).toMatchObject({
    ids: ['149', '150'],
  });
  expect(await list('fields=dag_run_id&limit=1')).toMatchObject({ ids: ['1'] });
});

test('a log is read in parts to its end, as JSON or as text', async () => {
  await trigger(COLLECTION, { dag_run_id: 'log' });
  await until('success', `${COLLECTION}/dagRuns/log`);
  const at = `${COLLECTION}/dagRuns/log/taskInstances/write_watch_log/logs/1`;
  const first = await api.call<{ content: string; continuation_token: string }>('GET', at);
  expect(first.body.content).toMatch(/^\[\('answers', '\[2.*\] \{write_watch_log\} INFO - step started\\n/);
  const next = await api.call<{ content: string }>('GET', `${at}?token=${first.body.continuation_token}`);
  expect(next.body.content).toBe("[('answers', '')]");
  const text = await api.call<string>('GET', at, { headers: { accept: 'text/plain' } });
  expect(text.body).toMatch(/INFO - step started\n.*INFO - step ended/);
  expect((await api.call('GET', `${at}?token=forged`)).status).toBe(400);
  expect((await api.call('GET', at.replace(/1$/, '2'))).status).toBe(404);
});
