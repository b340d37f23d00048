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
/** A name of this test's own: Temporal remembers the runs of those before it. */
const own = (name: string) => `${name}-${tests}`;
let tests = 0;
/** What a test left running would go on writing into the ledger of the next one. */
async function endAll(): Promise<void> {
  const running = { query: "ExecutionStatus = 'Running'" };
  await waitFor('nothing to run', async () => {
    for await (const { workflowId } of temporal.client.workflow.list(running)) {
      await temporal.client.workflow
        .getHandle(workflowId)
        .terminate()
        .catch(() => undefined); // ended meanwhile
    }
    return (await temporal.client.workflow.count(running.query)).count === 0;
  });
}
beforeEach(async () => {
  tests += 1;
  await endAll();
  await database.pool.query('delete from runs');
  trained = [];
  onTrain = () => undefined;
  onOpen = () => undefined;
});

const listMapped = async (run: string, task: string, query = '') => {
  const at = `${run}/taskInstances/${task}/listMapped${query}`;
  const { body } = await api.call<{ task_instances: (Instance & { rendered_map_index: string })[] }>('GET', at);
  return body.task_instances.map(({ map_index, rendered_map_index, try_number }) => ({ map_index, rendered_map_index, try_number }));
};

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
const MATERIALIZATION = '/api/v1/dags/feature_materialization';
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
    ...putScheduleBodySchema.parse({ workflow: 'movieTrainingPipeline', cron: '0 4 * * 0', timezone: 'Asia/Seoul' }),
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
    details: 'Asia/Seoul',
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
    dated: true,
    dated_again: [409, PROBLEM],
    dates: [1, 1, 1],
    everywhere: ['bring_online', 'compute_features', 'resolve_views'],
    mapped: [
      [0, 'movie_features'],
      [1, 'user_features'],
    ],
    results: 2,
    unserved: [400, PROBLEM],
    stopped: 'failed',
    deleted: [404, PROBLEM],
  });
  expect(trained.sort()).toEqual(['neural_cf', 'neural_cf', 'popularity']);
});

test('a DAG is told with the times of its schedule: an interval as one, and in its zone', async () => {
  const schedules = createTemporalSchedules(temporal.client);
  await schedules.put('often', {
    ...putScheduleBodySchema.parse({ workflow: 'batchRecommendations', cron: '@every 25h/1h', timezone: 'Europe/Berlin', paused: true }),
    workflowId: runId('batchRecommendations', 'often'),
    taskQueue: TASK_QUEUES.control,
  });
  const detail = () => api.call<Record<string, unknown>>('GET', '/api/v1/dags/batch_recommendations/details');
  await waitFor('the schedule', async () => (await detail()).body['is_paused']);
  expect((await detail()).body).toMatchObject({
    schedule_interval: { __type: 'TimeDelta', days: 1, seconds: 3_600, microseconds: 0 },
    timetable_description: '@every 90000s/3600s, Europe/Berlin',
    timezone: 'Europe/Berlin',
  });
  expect((await api.call('GET', '/api/v1/dags/data_import/details')).body).toMatchObject({ schedule_interval: null, timezone: 'UTC' });
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

  test('parts that are done again are further tries of the same mapped ones', async () => {
    await trigger(MATERIALIZATION, { dag_run_id: 'views' });
    const views = `${MATERIALIZATION}/dagRuns/views`;
    await until('success', views);
    const first = await listMapped(views, 'bring_online');
    await clear(MATERIALIZATION, { dag_run_id: 'views', task_ids: ['bring_online'], only_failed: false, dry_run: false });
    await waitFor(
      'the second tries',
      async () => (await tasks(views)).filter((task) => /^bring_online.* success 2$/.test(task)).length === 2,
    );
    await until('success', views);
    expect(await listMapped(views, 'bring_online')).toEqual(first.map((task) => ({ ...task, try_number: 2 })));
    expect(first).toEqual([
      { map_index: 0, rendered_map_index: 'movie_features', try_number: 1 },
      { map_index: 1, rendered_map_index: 'user_features', try_number: 1 },
    ]);
    expect((await tasks(views)).filter((task) => task.startsWith('resolve_views'))).toEqual(['resolve_views[-1] success 1']);
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
    ['GET', `${COLLECTION}/dagRuns?end_date_lte=2026-02-30`, undefined, 400],
    ['GET', `${COLLECTION}/dagRuns?updated_at_gte=2026-01-01`, undefined, 400],
    ['GET', '/api/v1/dags?dag_display_name_pattern=movie', undefined, 400],
    ['GET', '/api/v1/dags/~/dagRuns/~/taskInstances?updated_at_lte=2026-01-01', undefined, 400],
    ['GET', '/api/v1/dags/~/dagRuns/~/taskInstances?task_id=stage_set', undefined, 400],
    ['GET', '/api/v1/dags/~/dagRuns/~/taskInstances/~/xcomEntries?xcom_key_pattern=r', undefined, 400],
    ['GET', '/api/v1/dags/nothing/dagRuns/~/taskInstances', undefined, 404],
    ['POST', '/api/v1/dags/~/dagRuns/list', { execution_date_gte: '2026-03-01T00:00:00' }, 400],
    ['POST', '/api/v1/dags/~/dagRuns/list', { updated_at_gte: '2026-03-01T00:00:00Z' }, 400],
    ['POST', '/api/v1/dags/~/dagRuns/~/taskInstances/list', { map_index: [1] }, 400],
    ['POST', `${COLLECTION}/dagRuns`, { logical_date: '2026-03-01T00:00:00' }, 400],
    ['POST', `${COLLECTION}/dagRuns`, { logical_date: '2026-02-30T00:00:00Z' }, 400],
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

describe('the logical date of a run', () => {
  const NOON = '2026-03-04T12:00:00.000001Z';
  const list = async (query: string) => {
    const { body } = await api.call<{ dag_runs: { dag_run_id: string }[] }>('GET', `${COLLECTION}/dagRuns?${query}`);
    return body.dag_runs.map(({ dag_run_id }) => dag_run_id);
  };

  test('is kept, told, sorted and filtered by to the microsecond', async () => {
    const given = { dag_run_id: own('one'), logical_date: '2026-03-04T21:00:00.000001+09:00' };
    expect(await trigger(COLLECTION, given)).toMatchObject({ status: 200, body: { logical_date: NOON, execution_date: NOON } });
    expect((await trigger(COLLECTION, { dag_run_id: own('two'), logical_date: '2026-03-04T12:00:00.000002Z' })).status).toBe(200);
    const { body } = await trigger(COLLECTION, { logical_date: '2026-03-04T12:00:00.000003+00:00' });
    expect(body.dag_run_id).toBe('manual__2026-03-04T12:00:00.000003+00:00');
    expect(await list(`execution_date_gte=${NOON}&execution_date_lte=${NOON}`)).toEqual([own('one')]);
    expect(await list('execution_date_gte=2026-03-04T12:00:00.000002&order_by=-execution_date')).toEqual([body.dag_run_id, own('two')]);
  });

  test('is read where a plus came unescaped, without an offset, and as a day', async () => {
    await trigger(COLLECTION, { dag_run_id: own('one'), logical_date: '2026-03-04T00:00:00Z' });
    const bounds = ['2026-03-04T09:00:00+09:00', '2026-03-04T00:00:00', '2026-03-04'];
    for (const bound of bounds) expect(await list(`execution_date_gte=${bound}&execution_date_lte=${bound}`)).toEqual([own('one')]);
    const batch = { dag_ids: ['movie_data_collection'], execution_date_gte: '2026-03-04T09:00:00+09:00', execution_date_lte: null };
    expect(await api.call('POST', '/api/v1/dags/~/dagRuns/list', { json: batch })).toMatchObject({ body: { total_entries: 1 } });
  });

  test('is that of one run of a DAG, also where two ask for it at once, and where nobody said one', async () => {
    const both = await Promise.all([own('one'), own('two')].map((id) => trigger(COLLECTION, { dag_run_id: id, logical_date: NOON })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const third = await trigger(COLLECTION, { dag_run_id: own('three'), execution_date: '2026-03-04T21:00:00.000001+09:00' });
    expect(third).toMatchObject({ status: 409, body: { detail: expect.stringContaining('logical date') } });
    expect((await trigger(TRAINING, { logical_date: NOON, conf: { models: [{ kind: 'popularity' }] } })).status).toBe(200);
    const { body } = await api.call<{ logical_date: string }>('POST', `${COLLECTION}/dagRuns`, { json: {} });
    expect((await trigger(COLLECTION, { dag_run_id: own('four'), logical_date: body.logical_date })).status).toBe(409);
  });

  test('filters by the times that were told find the run that told them', async () => {
    await trigger(COLLECTION, { dag_run_id: own('one') });
    await until('success', `${COLLECTION}/dagRuns/${own('one')}`);
    const { body } = await api.call<Record<string, string>>('GET', `${COLLECTION}/dagRuns/${own('one')}`);
    for (const name of ['execution_date', 'start_date', 'end_date']) {
      expect(await list(`${name}_gte=${body[name]}&${name}_lte=${body[name]}`)).toEqual([own('one')]);
    }
  });
});

describe('~ means whichever', () => {
  const found = async (path: string) => {
    const { body } = await api.call<{ task_instances: (Instance & { dag_id: string })[]; total_entries: number }>('GET', path);
    const told = body.task_instances.map(({ dag_id, task_id, map_index }) => `${dag_id} ${task_id}[${map_index}]`);
    return { told, total: body.total_entries };
  };
  beforeEach(async () => {
    for (const dag of [MATERIALIZATION, TRAINING]) {
      await trigger(dag, {
        dag_run_id: own('r'),
        logical_date: '2026-03-04T00:00:00Z',
        ...(dag === TRAINING && { conf: { models: [{ kind: 'popularity' }] } }),
      });
      await until('success', `${dag}/dagRuns/${own('r')}`);
    }
  });
  const VIEWS = ['resolve_views[-1]', 'compute_features[0]', 'compute_features[1]', 'bring_online[0]', 'bring_online[1]'].map(
    (task) => `feature_materialization ${task}`,
  );
  const MODELS = [
    'prepare_training_data[-1]',
    'train_movie_model[0]',
    'evaluate_trained_model[0]',
    'register_model_to_mlflow[0]',
    'mark_winner[-1]',
  ].map((task) => `movie_training_pipeline ${task}`);

  test('run and DAG of task instances', async () => {
    expect(await found('/api/v1/dags/~/dagRuns/~/taskInstances')).toEqual({ told: [...VIEWS, ...MODELS], total: 10 });
    expect(await found(`/api/v1/dags/~/dagRuns/${own('r')}/taskInstances?limit=2&offset=4`)).toEqual({
      told: [VIEWS[4], MODELS[0]],
      total: 10,
    });
    expect(await found('/api/v1/dags/feature_materialization/dagRuns/~/taskInstances')).toEqual({ told: VIEWS, total: 5 });
    expect(await found('/api/v1/dags/~/dagRuns/none/taskInstances')).toEqual({ told: [], total: 0 });
    expect(await found('/api/v1/dags/~/dagRuns/~/taskInstances?queue=training&state=success')).toMatchObject({ total: 3 });
    expect(await found('/api/v1/dags/~/dagRuns/~/taskInstances?execution_date_gte=2026-03-05')).toMatchObject({ total: 0 });
  });

  test('the batch list of task instances is narrowed in the same way', async () => {
    const batch = (json: object) => api.call('POST', '/api/v1/dags/~/dagRuns/~/taskInstances/list', { json });
    expect(await batch({})).toMatchObject({ status: 200, body: { total_entries: 10 } });
    const json = {
      dag_ids: ['movie_training_pipeline'],
      dag_run_ids: [own('r'), 's'],
      task_ids: ['mark_winner'],
      state: ['success', null],
    };
    expect(await batch(json)).toMatchObject({ body: { task_instances: [{ task_id: 'mark_winner' }], total_entries: 1 } });
  });

  test('run, DAG and task of results', async () => {
    const keys = async (path: string) => {
      const { body } = await api.call<{ xcom_entries: { task_id: string; map_index: number }[] }>('GET', path);
      return body.xcom_entries.map(({ task_id, map_index }) => `${task_id}[${map_index}]`);
    };
    const all = await keys('/api/v1/dags/~/dagRuns/~/taskInstances/~/xcomEntries');
    expect(all).toEqual(expect.arrayContaining(['resolve_views[-1]', 'bring_online[1]', 'train_movie_model[0]']));
    expect(await keys('/api/v1/dags/feature_materialization/dagRuns/~/taskInstances/bring_online/xcomEntries')).toEqual([
      'bring_online[0]',
      'bring_online[1]',
    ]);
    expect(await keys(`/api/v1/dags/~/dagRuns/${own('r')}/taskInstances/~/xcomEntries?map_index=1`)).toEqual([
      'compute_features[1]',
      'bring_online[1]',
    ]);
    expect(await keys(`/api/v1/dags/~/dagRuns/${own('r')}/taskInstances/~/xcomEntries?xcom_key=other`)).toEqual([]);
  });
});

test("mapped tasks come in the order that is asked for, else by their number, and one that isn't mapped says so", async () => {
  await trigger(MATERIALIZATION, { dag_run_id: 'mapped' });
  const run = `${MATERIALIZATION}/dagRuns/mapped`;
  await until('success', run);
  const order = async (query: string) => (await listMapped(run, 'compute_features', query)).map(({ map_index }) => map_index);
  expect([await order(''), await order('?order_by=-map_index'), await order('?state=failed')]).toEqual([[0, 1], [1, 0], []]);
  expect((await api.call('GET', `${run}/taskInstances/compute_features/listMapped?order_by=colour`)).status).toBe(400);
  for (const [task, words] of [
    ['resolve_views', 'Task id resolve_views is not mapped'],
    ['nothing', 'Task id nothing not found'],
  ]) {
    expect(await api.call('GET', `${run}/taskInstances/${task}/listMapped`)).toMatchObject({ status: 404, body: { detail: words } });
  }
});

test('a step whose run was cancelled says so in its note, whatever Temporal calls it', async () => {
  onOpen = endless;
  await trigger(COLLECTION, { dag_run_id: 'stopped' });
  const run = `${COLLECTION}/dagRuns/stopped`;
  const step = async () => (await api.call<{ state: string; note: string | null }>('GET', `${run}/taskInstances/open_collected_set`)).body;
  await waitFor('the step', async () => (await step()).state === 'running');
  expect((await api.call('PATCH', run, { json: { state: 'failed' } })).status).toBe(200);
  const { state, note } = await waitFor('the step to end', async () => ((await step()).note ? step() : undefined));
  expect(state).toBe('failed');
  expect(note).toMatch(/^cancelled(: its run has ended or was set back)?$/);
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
