import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { PAGE_CALLS_3 } from '../../api/mlflow/page/pageCalls.ts';
import { listenPage } from '../../deploy/local/mlflowPage/listenPage.ts';
import { fillRegistry, SHOWN } from '../mlflow/fillRegistry.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { rawRequest } from '../support/rawRequest.ts';

const READER = { name: 'rita', role: 'viewer', secret: 'rita-secret' } as const;
const AS_READER = { 'x-api-key': READER.secret };

let folder: string;
let database: TestDatabase;
let api: TestApi;
let page: { url: string; close(): Promise<void> };
let filled: Awaited<ReturnType<typeof fillRegistry>>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlflow page '));
  database = await createTestDatabase();
  const settings = { database: { url: database.url, poolSize: 4, external: true }, blobUrl: `file:${path.join(folder, 'blobs')}` };
  api = await startTestApi(settings, createMlflowApi);
  filled = await fillRegistry(api.url);
  const build = path.join(folder, 'build');
  await mkdir(path.join(build, 'static', 'js'), { recursive: true });
  await writeFile(path.join(build, 'index.html'), '<title>MLflow</title>');
  await writeFile(path.join(build, 'static', 'js', 'main.js'), 'start()');
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await symlink(path.join(folder, 'secret.txt'), path.join(build, 'link.txt'));
  await symlink(folder, path.join(build, 'up'));
  page = await listenPage({ folder: build, host: '127.0.0.1', port: 0, registryUrl: api.url });
});
afterAll(async () => {
  await page?.close();
  await api?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Graphql<T> {
  readonly data: T | null;
  readonly errors: readonly { message: string }[] | null;
}
const ask = async <T>(query: string, variables: object = {}) =>
  (await api.call<Graphql<T>>('POST', '/graphql', { json: { query, variables } })).body;

describe('GraphQL of the page', () => {
  test('answers an experiment, with its times as text and without what there is none of', async () => {
    const query = `query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) @component(name: "MLflow.ExperimentRunTracking") {
      mlflowGetExperiment(input: $input) {
        apiError { code } experiment { __typename experimentId name creationTime effectiveTraceArchivalRetention tags { key } } } }`;
    expect(await ask(query, { input: { experimentId: filled.experimentId } })).toEqual({
      data: {
        mlflowGetExperiment: {
          apiError: null,
          experiment: {
            __typename: 'MlflowExperiment',
            experimentId: filled.experimentId,
            name: SHOWN.experiment,
            creationTime: expect.stringMatching(/^\d+$/),
            effectiveTraceArchivalRetention: null,
            tags: [],
          },
        },
      },
      errors: null,
    });
  });

  const RUN = `experiment { name } modelVersions { name version } data { metrics { key value step } }
    inputs { datasetInputs { dataset { name } } } outputs { modelOutputs { step } }`;
  const shown = (version: string) => ({
    experiment: { name: SHOWN.experiment },
    modelVersions: [{ name: SHOWN.model, version }],
    data: {
      metrics: [
        { key: 'loss', value: expect.any(Number), step: '39' },
        { key: 'ndcg', value: expect.any(Number), step: '39' },
        { key: 'undefined', value: null, step: '0' },
      ],
    },
    inputs: { datasetInputs: [{ dataset: { name: 'ml-small' } }] },
    outputs: { modelOutputs: [{ step: '0' }] },
  });

  test('answers a run, its metrics without NaN, and the runs that a search finds, with their experiment and versions', async () => {
    const run = await ask(`query GetRun($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { ${RUN} } } }`, {
      data: { runId: filled.runIds[0] },
    });
    expect(run).toEqual({ data: { mlflowGetRun: { run: shown('1') } }, errors: null });
    const data = { experimentIds: [filled.experimentId], orderBy: ['attributes.start_time ASC'], filter: 'metrics.ndcg > 0' };
    const search = `query SearchRuns($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) { runs { ${RUN} } } }`;
    expect(await ask(search, { data })).toEqual({ data: { mlflowSearchRuns: { runs: [shown('1'), shown('2')] } }, errors: null });
  });

  test("answers a metric's history of several runs", async () => {
    const query = `query GetMetricHistoryBulkInterval($data: MlflowGetMetricHistoryBulkIntervalInput!) {
      mlflowGetMetricHistoryBulkInterval(input: $data) { metrics { runId key } } }`;
    const { data } = await ask<{ mlflowGetMetricHistoryBulkInterval: { metrics: object[] } }>(query, {
      data: { runIds: filled.runIds, metricKey: 'loss', maxResults: 320 },
    });
    expect(data?.mlflowGetMetricHistoryBulkInterval.metrics).toHaveLength(80);
  });

  test.each([
    ['a run that is not there', '{ mlflowGetRun(input: {runId: "none"}) { run { info { runId } } } }', 'Run with id=none not found'],
    ['a field that nobody has', '{ mlflowListArtifacts { rootUri } }', 'Cannot query field "mlflowListArtifacts" on type "Query".'],
    ['what is no query', 'no query', 'Syntax Error: Unexpected Name "no".'],
    ['more than the page ever asks', `{ ${'a '.repeat(2_000)} }`, expect.stringMatching(/more that 1000 tokens/)],
    [
      'the same search eleven times',
      `{ ${Array.from({ length: 11 }, (_, nth) => `a${nth}: mlflowSearchRuns { nextPageToken }`).join(' ')} }`,
      expect.stringMatching(/at most 10 root fields, got 11/),
    ],
  ])('says what is wrong with %s', async (_what, query, message) => {
    expect((await ask(query)).errors).toEqual([{ message }]);
  });

  test('answers what is no request of GraphQL with the words of MLflow', async () => {
    const answer = await api.call('POST', '/graphql', { json: { operationName: 'GetRun' } });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  });
});

describe('what the page asks beside the calls of the clients', () => {
  test('is answered: which data sets the runs used, and for what', async () => {
    const path = '/ajax-api/2.0/mlflow/experiments/search-datasets';
    const { body } = await api.call('POST', path, { json: { experiment_ids: [filled.experimentId] } });
    const used = { experiment_id: filled.experimentId, name: 'ml-small', digest: 'a1b2c3d4', context: 'training' };
    expect(body).toEqual({ dataset_summaries: [used] });
    expect((await api.call('POST', path, { json: { experiment_ids: ['0'] } })).body).toEqual({});
    for (const experiment_ids of [[], Array.from({ length: 21 }, String)])
      expect(await api.call('POST', path, { json: { experiment_ids } })).toMatchObject({
        status: 400,
        body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('experiment_id') },
      });
  });

  test.each(PAGE_CALLS_3.map(({ method, path }) => [method.toUpperCase(), path]))(
    'has nothing at %s %s, without an error',
    async (method, at) => {
      const answer = await api.call(method, `/ajax-api/3.0/mlflow${at}`, method === 'POST' ? { json: {} } : {});
      expect(answer).toMatchObject({ status: 200, body: expect.any(Object) });
    },
  );

  test('reports nothing of what its users do', async () => {
    const { body } = await api.call('GET', '/ajax-api/3.0/mlflow/ui-telemetry');
    expect(body).toMatchObject({ disable_ui_telemetry: true });
  });

  test('is answered to whoever may read, and to nobody else', async () => {
    const access = { host: '127.0.0.1', credentials: [READER], allowedHosts: [], allowedOrigins: [] };
    const guarded = await startTestApi({ database: { url: database.url, poolSize: 2, external: true }, access }, createMlflowApi);
    const json = { query: '{ __typename }' };
    expect(await guarded.call('POST', '/graphql', { json })).toMatchObject({ status: 401, body: { error_code: 'UNAUTHENTICATED' } });
    expect(await guarded.call('POST', '/graphql', { json, headers: AS_READER })).toMatchObject({ status: 200 });
    await guarded.stop();
  });
});

describe('the page', () => {
  test('has its files, and the registry at the same origin', async () => {
    expect(await (await fetch(page.url)).text()).toBe('<title>MLflow</title>');
    const script = await fetch(`${page.url}/static-files/static/js/main.js`);
    expect([script.headers.get('content-type'), await script.text()]).toEqual(['text/javascript; charset=utf-8', 'start()']);
    expect(await (await fetch(`${page.url}/version`)).text()).toBe('3.17.2');
    const found = await fetch(`${page.url}/ajax-api/2.0/mlflow/runs/get?run_id=${filled.runIds[0]}`);
    expect(await found.json()).toMatchObject({ run: { info: { run_name: SHOWN.runs[0] } } });
    const notes = await fetch(`${page.url}/get-artifact?run_id=${filled.runIds[0]}&path=notes.txt`);
    expect(await notes.text()).toBe('notes of the first night');
    const model = await fetch(
      `${page.url}/model-versions/get-artifact?${new URLSearchParams({ name: SHOWN.model, version: '1', path: 'MLmodel' }).toString()}`,
    );
    expect(await model.text()).toBe('flavors: {}');
    const logged = await fetch(`${page.url}/ajax-api/2.0/mlflow/logged-models/none/artifacts/files?artifact_file_path=MLmodel`);
    expect([logged.status, await logged.json()]).toMatchObject([404, { error_code: 'RESOURCE_DOES_NOT_EXIST' }]);
  });

  test.each([
    '/static-files/../../secret.txt',
    '/static-files/..%2f..%2fsecret.txt',
    '/static-files/%2e%2e/secret.txt',
    '/static-files/static/../../../secret.txt',
    '/static-files/..\\secret.txt',
    '/static-files//etc/passwd',
    '/static-files/link.txt',
    '/static-files/up/secret.txt',
    '/static-files/static',
    '/static-files/index.html%00.txt',
    '/static-files/__proto__',
    '/constructor',
    'http://127.0.0.1/static-files/../secret.txt',
    '/apis/nothing',
    '/graphql/../static-files/link.txt',
  ])('serves nothing that lies elsewhere: %s', async (target) => {
    const { status, text } = await rawRequest(page.url, 'GET', target);
    expect([status, text]).toEqual([404, expect.not.stringMatching(/^secret$/)]);
  });

  test('passes on who asks from where, so that a page of another origin changes nothing', async () => {
    const json = { method: 'POST', body: '{"name": "foreign"}' };
    const send = (origin: string) =>
      fetch(`${page.url}/ajax-api/2.0/mlflow/experiments/create`, { ...json, headers: { origin, 'content-type': 'application/json' } });
    expect((await send('http://evil.example')).status).toBe(403);
    expect((await send(page.url)).status).toBe(200);
  });

  test('says in the words of MLflow that the registry is away', async () => {
    const alone = await listenPage({ folder: path.join(folder, 'build'), host: '127.0.0.1', port: 0, registryUrl: 'http://127.0.0.1:1' });
    const answer = await fetch(`${alone.url}/ajax-api/2.0/mlflow/experiments/search?max_results=1`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { error_code: 'TEMPORARILY_UNAVAILABLE' }]);
    await alone.close();
  });
});
