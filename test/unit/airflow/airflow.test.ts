import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAirflowApi } from '../../../api/airflow/app.ts';
import { pythonRepr } from '../../../api/airflow/pythonRepr.ts';
import { retriesOf, tasksOf } from '../../../api/airflow/tasks.ts';
import { rowOf, stepOf, WORKFLOW_NAMES } from '../../../contracts/workflows.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

describe('the surface with every engine away', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({}, createAirflowApi);
  });
  afterAll(() => api.stop());

  test.each<[string, string, unknown]>([
    ['GET', '/api/v1/dags', undefined],
    ['GET', '/api/v1/dags/movie_data_collection/dagRuns', undefined],
    ['POST', '/api/v1/dags/movie_data_collection/dagRuns', {}],
    ['PATCH', '/api/v1/dags/movie_data_collection', { is_paused: true }],
  ])('%s %s: 503 with when to come again', async (method, at, json) => {
    const { status, headers, body } = await api.call(method, at, { json });
    expect({ status, retry: headers.get('retry-after'), body }).toMatchObject({ status: 503, retry: '2', body: { status: 503 } });
  });

  test('tells so in its health, and still shows what needs none', async () => {
    expect(await api.call('GET', '/health')).toMatchObject({
      status: 200,
      body: { metadatabase: { status: 'unhealthy' }, scheduler: { status: 'unhealthy', latest_scheduler_heartbeat: null } },
    });
    expect(await api.call('GET', '/')).toMatchObject({ status: 200, body: { airflow_api: '/api/v1' } });
    expect((await api.call('GET', '/api/v1/dags/movie_training_pipeline/tasks')).status).toBe(200);
    expect(await api.call('GET', '/api/v1/version')).toMatchObject({ body: { version: '2.10.0' } });
  });
});

test.each(WORKFLOW_NAMES)('the tasks of %s are the steps of its row, each retried as often as the row says', (workflow) => {
  const steps = Object.entries(rowOf(workflow).steps)
    .filter(([, { onlyWhen }]) => onlyWhen === undefined) // what a run seldom has is no task
    .map(([activity, { queue, attempts }]) => ({
      ...{ task_id: stepOf(activity), queue },
      retries: Number.isFinite(attempts) ? attempts - 1 : 2_147_483_647,
    }));
  const tasks = tasksOf(workflow).map(({ task_id, queue, retries }) => ({ task_id, queue, retries }));
  expect(tasks).toEqual(expect.arrayContaining(steps));
  expect(tasks.length).toBe(workflow === 'movieTrainingPipeline' ? steps.length + 3 : steps.length);
});

test('the steps that make a model are tasks of its training run, in their place, one for each model; what a run seldom has is none', () => {
  expect(tasksOf('movieTrainingPipeline').map(({ task_id, is_mapped }) => [task_id, is_mapped])).toEqual([
    ['prepare_training_data', false],
    ['train_movie_model', true],
    ['evaluate_trained_model', true],
    ['register_model_to_mlflow', true],
    ['mark_winner', false],
  ]);
});

test('a step of a child is retried as often as its own row says, and one of no row is not told of', () => {
  expect(retriesOf('movieDataCollection', 'bring_online')).toBe(19);
  expect(retriesOf('movieDataCollection', 'stage_set')).toBe(7);
  expect(retriesOf('movieDataCollection', 'load_movies')).toBeUndefined();
});

test.each([
  [null, 'None'],
  [true, 'True'],
  [1.5, '1.5'],
  ["it's", `"it's"`],
  [`"it's"`, `'"it\\'s"'`],
  ['a\nb\u0000', "'a\\nb\\x00'"],
  [{ rows: 3, none: null, list: [1, 'x'] }, "{'rows': 3, 'none': None, 'list': [1, 'x']}"],
])('%j is %s in Python', (value, written) => {
  expect(pythonRepr(value)).toBe(written);
});
