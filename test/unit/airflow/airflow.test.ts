import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createAirflowApi } from '../../../api/airflow/app.ts';
import { pythonRepr } from '../../../api/airflow/pythonRepr.ts';
import { taskIdsOf } from '../../../api/airflow/tasks.ts';
import { stepOf, WORKFLOW_NAMES, type WorkflowName } from '../../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
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

/** Steps that a workflow has in its newest recording, and where it has children in theirs. */
function recordedSteps(workflow: WorkflowName): string[] {
  const histories = path.join(PROJECT_ROOT, 'test', 'replay', 'histories');
  const names = workflow === 'movieTrainingPipeline' ? [workflow, 'movieModelTraining'] : [workflow];
  return names.flatMap((name) => {
    const files = readdirSync(histories).map((release) => path.join(release, `${name}.json`));
    const newest = files.filter((file) => readdirSync(path.join(histories, path.dirname(file))).includes(path.basename(file))).sort().at(-1); // prettier-ignore
    if (!newest) throw new Error(`${name} has no recording`);
    const { events } = JSON.parse(readFileSync(path.join(histories, newest), 'utf8')) as {
      events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[];
    };
    const types = events.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType.name ?? []);
    return [...new Set(types)].map(stepOf);
  });
}

test.each(WORKFLOW_NAMES)('the tasks of %s are the steps that it has', (workflow) => {
  expect(taskIdsOf(workflow)).toEqual(expect.arrayContaining(recordedSteps(workflow)));
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
