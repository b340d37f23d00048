import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { compareVersions } from '../../domain/registry/compare.ts';
import { findModelEntry } from '../../domain/registry/entries.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { startRegistryRun } from '../../domain/registry/runs.ts';
import { searchVersions } from '../../domain/registry/searchEntries.ts';
import { createModelVersion, latestVersions } from '../../domain/registry/versions.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import type { Database } from '../../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { explaining } from '../support/explaining.ts';

type Json = Record<string, unknown>;
interface Version {
  name: string;
  version: string;
  current_stage: string;
  source: string;
  aliases?: string[];
  last_updated_timestamp: number;
}
interface Model {
  name: string;
  latest_versions?: Version[];
  aliases?: { alias: string; version: string }[];
  tags?: { key: string; value: string }[];
}

let database: TestDatabase;
let api: TestApi;
let run: string;
let place: string;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 8, external: true } }, createMlflowApi);
  const experimentId = await ensureExperiment(database.pool, 'movies');
  run = await startRegistryRun(database.pool, { experimentId, name: 'r1', userId: 'anna', origin: null });
  place = `mlflow-artifacts:/${experimentId}/${run}/artifacts`;
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});
beforeEach(() => database.pool.query('truncate registered_models, registry_changes cascade'));

const PREFIX = '/api/2.0/mlflow';
const ask = <T = Json>(method: string, path: string, json: Json = {}) =>
  method === 'GET'
    ? api.call<T>('GET', `${PREFIX}${path}?${new URLSearchParams(json as Record<string, string>).toString()}`)
    : api.call<T>(method, `${PREFIX}${path}`, { json });
const createModel = (name = 'ncf', more: Json = {}) =>
  ask<{ registered_model: Model }>('POST', '/registered-models/create', { name, ...more });
const createVersion = (more: Json = {}) =>
  ask<{ model_version: Version }>('POST', '/model-versions/create', { name: 'ncf', source: `${place}/dir`, run_id: run, ...more });
const setAlias = (alias: string, version = '1') => ask('POST', '/registered-models/alias', { name: 'ncf', alias, version });
const getModel = (name = 'ncf') => ask<{ registered_model: Model }>('GET', '/registered-models/get', { name });
const ms = expect.any(Number);

describe('a registered model', () => {
  test('is made, shown, described, renamed and deleted in the shapes that MLflow answers', async () => {
    expect(await createModel('ncf', { tags: [{ key: 't', value: '1' }], description: 'd' })).toMatchObject({ status: 200 });
    const tags = [{ key: 't', value: '1' }];
    const model = { name: 'ncf', creation_timestamp: ms, last_updated_timestamp: ms, description: 'd', tags };
    expect((await getModel()).body).toEqual({ registered_model: model });
    const updated = await ask('PATCH', '/registered-models/update', { name: 'ncf', description: 'dd' });
    expect(updated.body).toEqual({ registered_model: { ...model, description: 'dd' } });
    await createVersion();
    await setAlias('best');
    const renamed = await ask<{ registered_model: Model }>('POST', '/registered-models/rename', { name: 'ncf', new_name: 'ncf2' });
    expect(renamed.body.registered_model).toMatchObject({
      name: 'ncf2',
      tags,
      aliases: [{ alias: 'best', version: '1' }],
      latest_versions: [{ name: 'ncf2', version: '1' }],
    });
    expect(await ask('DELETE', '/registered-models/delete', { name: 'ncf2' })).toMatchObject({ status: 200, body: {} });
    expect(await getModel('ncf2')).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Registered Model with name=ncf2 not found' },
    });
  });

  test('has one name alone: a second of it, and a rename to it, are refused', async () => {
    await createModel();
    await createModel('other');
    const taken = { status: 400, body: { error_code: 'RESOURCE_ALREADY_EXISTS', message: 'Registered Model (name=ncf) already exists.' } };
    expect(await createModel()).toMatchObject(taken);
    expect(await ask('POST', '/registered-models/rename', { name: 'other', new_name: 'ncf' })).toMatchObject(taken);
  });

  test.each([
    ['a/b', "Invalid model name 'a/b'. Names cannot contain '/' or ':'."],
    ['a:b', "Invalid model name 'a:b'. Names cannot contain '/' or ':'."],
    ['..', 'This name would resolve to'],
    ['', "Missing value for required parameter 'name'."],
    ['  ', "Missing value for required parameter 'name'."],
    ['x'.repeat(10_000), "'name' exceeds the maximum length of 256 characters"],
    ['a\0b', "Invalid value for parameter 'request.name'"],
  ])('cannot be called %j', async (name, why) => {
    const { status, body } = await createModel(name);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(why) },
    });
  });

  test.each(['모델', '%2f', 'a%2f..', "'; drop table registered_models --", '__proto__', 'ü'.repeat(256)])(
    'can be called %j',
    async (name) => {
      expect((await createModel(name)).status).toBe(200);
      expect((await getModel(name)).body.registered_model.name).toBe(name);
    },
  );

  test('takes tags and gives them up; bad keys and long values are refused', async () => {
    await createModel();
    const tag = (method: string, more: Json) =>
      ask(method, `/registered-models/${method === 'POST' ? 'set' : 'delete'}-tag`, { name: 'ncf', ...more });
    expect(await tag('POST', { key: 'a', value: '1' })).toMatchObject({ status: 200, body: {} });
    expect(await tag('POST', { key: 'a', value: '2' })).toMatchObject({ status: 200 });
    expect((await getModel()).body.registered_model.tags).toEqual([{ key: 'a', value: '2' }]);
    expect(await tag('DELETE', { key: 'a' })).toMatchObject({ status: 200 });
    expect((await getModel()).body.registered_model.tags).toBeUndefined();
    expect(await tag('POST', { key: 'a$b', value: '' })).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(await tag('POST', { key: 'a', value: 'x'.repeat(100_001) })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/registered-models/set-tag', { name: 'none', key: 'a', value: '' })).toMatchObject({ status: 404 });
  });
});

describe('a version', () => {
  test('is made, shown, described, tagged and deleted in the shapes that MLflow answers', async () => {
    await createModel();
    const version = {
      name: 'ncf',
      version: '1',
      creation_timestamp: ms,
      last_updated_timestamp: ms,
      current_stage: 'None',
      description: '',
      source: `${place}/dir`,
      run_id: run,
      status: 'READY',
      run_link: '',
    };
    expect((await createVersion()).body).toEqual({ model_version: version });
    const which = { name: 'ncf', version: '1' };
    expect((await ask('GET', '/model-versions/get', which)).body).toEqual({ model_version: version });
    expect((await ask('GET', '/model-versions/get-download-uri', which)).body).toEqual({ artifact_uri: `${place}/dir` });
    expect((await ask('PATCH', '/model-versions/update', { ...which, description: 'desc' })).body).toEqual({
      model_version: { ...version, description: 'desc' },
    });
    await ask('POST', '/model-versions/set-tag', { ...which, key: 'val', value: 'ok' });
    expect((await ask('GET', '/model-versions/get', which)).body).toMatchObject({ model_version: { tags: [{ key: 'val', value: 'ok' }] } });
    await ask('DELETE', '/model-versions/delete-tag', { ...which, key: 'val' });
    expect(await ask('DELETE', '/model-versions/delete', which)).toMatchObject({ status: 200, body: {} });
    expect(await ask('GET', '/model-versions/get', which)).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Model Version (name=ncf, version=1) not found' },
    });
    expect((await createVersion()).body).toMatchObject({ model_version: { version: '2' } });
  });

  test('of a client that comes at the same time as others has a number of its own, and there are no gaps', async () => {
    await createModel();
    const made = await Promise.all(Array.from({ length: 12 }, () => createVersion()));
    const numbers = made.map(({ body }) => Number(body.model_version.version)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  test.each([
    ['abc', 400, "Parameter 'version' must be an integer, got 'abc'."],
    ['0', 404, 'Model Version (name=ncf, version=0) not found'],
    ['-1', 404, 'not found'],
    ['99999999999999999999999', 404, 'not found'],
  ])('%s is answered %i', async (version, status, message) => {
    await createModel();
    const answer = await ask('GET', '/model-versions/get', { name: 'ncf', version });
    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(message) } });
  });

  test('of our own trainings names the place where the proxy serves its files', async () => {
    await createModel();
    await createModelVersion(database.pool, { name: 'ncf', source: 'blob:trained/x', registryRunId: null, origin: null, tags: {} });
    const { body } = await ask('GET', '/model-versions/get-download-uri', { name: 'ncf', version: '1' });
    expect(body).toEqual({ artifact_uri: 'mlflow-artifacts:/versions/ncf/1' });
  });
});

describe('the source of a version', () => {
  beforeEach(() => createModel());

  test('may lie in the run that it names, in another version, or in a bucket', async () => {
    expect((await createVersion({ source: `runs:/${run}/model` })).status).toBe(200);
    expect((await createVersion({ source: 's3://bucket/model', run_id: '' })).status).toBe(200);
    await setAlias('best', '1');
    for (const source of ['models:/ncf/1', 'models:/ncf@best']) {
      const { body } = await ask<{ model_version: Version }>('POST', '/model-versions/create', { name: 'ncf', source });
      expect(body.model_version).toMatchObject({ source: 'models:/ncf/1', run_id: run });
      const { version } = body.model_version;
      expect((await ask('GET', '/model-versions/get-download-uri', { name: 'ncf', version })).body).toEqual({
        artifact_uri: `runs:/${run}/model`,
      });
    }
  });

  test('may be a logged model, or lie within it; its run is known by it', async () => {
    const made = await ask<{ model: { info: { model_id: string; artifact_uri: string } } }>('POST', '/logged-models', {
      experiment_id: place.split('/')[1]!,
      name: 'model',
      source_run_id: run,
    });
    const { model_id: id, artifact_uri: uri } = made.body.model.info;
    for (const source of [`models:/${id}`, `${uri}/part`]) {
      const answer = await createVersion({ source, run_id: undefined, model_id: id });
      expect(answer).toMatchObject({ status: 200, body: { model_version: { source, run_id: run } } });
    }
    const { body } = await ask('GET', '/model-versions/get-download-uri', { name: 'ncf', version: '1' });
    expect(body).toEqual({ artifact_uri: uri });
    for (const [source, of] of [
      [`models:/${id}`, 'm-1'],
      [`models:/${id}`, undefined],
      [`${uri}2`, id],
      [`runs:/${run}/x`, id],
    ])
      expect(await createVersion({ source, run_id: undefined, model_id: of })).toMatchObject({ status: 400 });
  });

  test.each([
    '/etc/passwd',
    'etc/passwd',
    'file:///etc/passwd',
    'FILE:/etc/passwd',
    'blob:trained/neural_cf/1',
    'http://127.0.0.1:8001/model',
    'http://127.0.0.1:5000/api/2.0/mlflow-artifacts/artifacts/0/x',
    'mlflow-artifacts://127.0.0.1:5000/1/RUN/artifacts/x',
    'PLACE/../../other',
    'PLACE/..%2f..%2fother',
    'PLACE/%252e%252e/other',
    'PLACE/./x',
    'PLACE//x',
    'PLACE/x?y=/../..',
    'PLACE/x#/../..',
    'PLACE/..;/x',
    'PLACE\\..\\x',
    'PLACE/%c0%ae%c0%ae/x',
    'PLACE/%00',
    'PLACE2/x',
    'mlflow-artifacts:/0/ffffffffffffffffffffffffffffffff/artifacts',
    'runs:/ffffffffffffffffffffffffffffffff/model',
    'runs:/RUN/../x',
    'runs://RUN/x',
    'models:/m-00000000000000000000000000000000',
    'models://host/ncf/1',
    's3:/bucket/../x',
    'javascript:alert(1)',
  ])('%s is refused', async (pattern) => {
    const source = pattern.replace('PLACE', place).replace('RUN', run);
    const answer = await createVersion({ source });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect((await getModel()).body.registered_model.latest_versions).toBeUndefined();
  });

  test('is refused where no run is named, or one that is not there', async () => {
    expect(await createVersion({ run_id: '' })).toMatchObject({ status: 400 });
    expect(await createVersion({ source: 's3://bucket/x', run_id: 'f'.repeat(32) })).toMatchObject({ status: 404 });
  });
});

describe('stages and aliases', () => {
  beforeEach(async () => {
    await createModel();
    await createVersion();
    await createVersion();
  });
  const toStage = (version: string, stage: string, archive = false) =>
    ask<{ model_version: Version }>('POST', '/model-versions/transition-stage', {
      name: 'ncf',
      version,
      stage,
      archive_existing_versions: archive,
    });

  test('a version goes from stage to stage, and archives what stood there where asked', async () => {
    expect((await toStage('1', 'production')).body.model_version.current_stage).toBe('Production');
    await toStage('2', 'Production', true);
    const latest = await ask<{ model_versions: Version[] }>('POST', '/registered-models/get-latest-versions', { name: 'ncf' });
    expect(latest.body.model_versions.map(({ version, current_stage }) => [version, current_stage])).toEqual([
      ['1', 'Archived'],
      ['2', 'Production'],
    ]);
    const one = await ask<{ model_versions: Version[] }>('GET', '/registered-models/get-latest-versions', {
      name: 'ncf',
      stages: 'Production',
    });
    expect(one.body.model_versions.map(({ version }) => version)).toEqual(['2']);
    expect(await toStage('1', 'Shelf')).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Invalid Model Version stage: Shelf') },
    });
    expect(await toStage('1', 'Archived', true)).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(await toStage('9', 'Staging')).toMatchObject({ status: 404 });
  });

  test('of two that go to one stage at once, archiving what is there, one is left', async () => {
    await Promise.all(['1', '2'].map((version) => toStage(version, 'Production', true)));
    const { body } = await getModel();
    expect(body.registered_model.latest_versions!.map(({ current_stage }) => current_stage).sort()).toEqual(['Archived', 'Production']);
  });

  test('an alias names a version, moves and goes', async () => {
    expect(await setAlias('best', '1')).toMatchObject({ status: 200, body: {} });
    await setAlias('best', '2');
    const byAlias = (alias: string) => ask<{ model_version: Version }>('GET', '/registered-models/alias', { name: 'ncf', alias });
    expect((await byAlias('best')).body.model_version).toMatchObject({ version: '2', aliases: ['best'] });
    expect((await byAlias('latest')).body.model_version).toMatchObject({ version: '2' });
    expect(await ask('DELETE', '/registered-models/alias', { name: 'ncf', alias: 'best' })).toMatchObject({ status: 200, body: {} });
    expect(await byAlias('best')).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Registered model alias best not found.' },
    });
    for (const alias of ['v1', 'Latest', 'a b', 'a/b', 'x'.repeat(256)]) expect((await setAlias(alias)).status).toBe(400);
    expect((await setAlias('최고')).status).toBe(200);
    expect(await setAlias('best', '9')).toMatchObject({ status: 404, body: { message: 'Model Version (name=ncf, version=9) not found' } });
  });

  test('what is in service is not deleted, neither the version nor its model, until the alias is taken away', async () => {
    await setAlias('champion', '1');
    const deleteOne = () => ask('DELETE', '/model-versions/delete', { name: 'ncf', version: '1' });
    const deleteModel = () => ask('DELETE', '/registered-models/delete', { name: 'ncf' });
    for (const deletion of [deleteOne, deleteModel])
      expect(await deletion()).toMatchObject({
        status: 409,
        body: { error_code: 'RESOURCE_CONFLICT', message: expect.stringContaining('in service') },
      });
    expect(await ask('DELETE', '/model-versions/delete', { name: 'ncf', version: '2' })).toMatchObject({ status: 200 });
    await ask('DELETE', '/registered-models/alias', { name: 'ncf', alias: 'champion' });
    for (const deletion of [deleteOne, deleteModel]) expect(await deletion()).toMatchObject({ status: 200 });
  });
});

describe('searching', () => {
  interface Found {
    registered_models?: Model[];
    model_versions?: Version[];
    next_page_token?: string;
  }
  const search = (what: 'registered-models' | 'model-versions', json: Json = {}) => ask<Found>('GET', `/${what}/search`, json);
  const names = async (json: Json) => (await search('registered-models', json)).body.registered_models?.map(({ name }) => name);
  const versions = async (json: Json) =>
    (await search('model-versions', json)).body.model_versions?.map(({ name, version }) => `${name} ${version}`);
  beforeEach(async () => {
    for (const name of ['ncf', 'Ease', "o'neil", '100%']) await createModel(name, { tags: [{ key: 'team', value: name }] });
    await createModel('greeting', { tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] });
    for (const name of ['ncf', 'ncf', 'Ease']) await createVersion({ name, tags: [{ key: 'val', value: name }] });
  });

  test.each([
    ["tag.`mlflow.prompt.is_prompt` != 'true'", ['100%', 'Ease', 'ncf', "o'neil"]],
    ["tag.`mlflow.prompt.is_prompt` = 'false'", ['100%', 'Ease', 'ncf', "o'neil"]],
    ["tag.`mlflow.prompt.is_prompt` = 'true'", ['greeting']],
    ['', ['100%', 'Ease', 'ncf', "o'neil"]],
    ["name = 'ncf'", ['ncf']],
    ["name ILIKE '%EA%'", ['Ease']],
    ["name LIKE '100%'", ['100%']],
    ["name LIKE '%\\\\'", undefined],
    ["name IN ('ncf', 'Ease')", ['Ease', 'ncf']],
    ["name != 'ncf' AND tag.team != 'Ease'", ['100%', "o'neil"]],
    ["tags.team = 'ncf'", ['ncf']],
    ["tags.none != 'x'", undefined],
    ['name = "\'; drop table model_versions --"', undefined],
  ])('models by %s', async (filter, expected) => expect(await names({ filter })).toEqual(expected));

  test.each([
    ["name='ncf'", ['ncf 2', 'ncf 1']],
    ["version_number < 2 AND name IN ('ncf', 'Ease')", ['Ease 1', 'ncf 1']],
    ["tag.val = 'Ease'", ['Ease 1']],
    ["run_id = 'RUN'", ['Ease 1', 'ncf 2', 'ncf 1']],
    ["source_path LIKE '%dir'", ['Ease 1', 'ncf 2', 'ncf 1']],
  ])('versions by %s, those that changed last first', async (filter, expected) =>
    expect(await versions({ filter: filter.replace('RUN', run) })).toEqual(expected),
  );

  test('goes on page by page in any order, each entry once, and only by tokens of the same query', async () => {
    const seen: (string | undefined)[] = [];
    let token = '';
    do {
      const { body } = await search('model-versions', { order_by: 'name DESC', max_results: '1', ...(token && { page_token: token }) });
      seen.push(body.model_versions?.map(({ name, version }) => `${name} ${version}`).join());
      token = body.next_page_token ?? '';
    } while (token);
    expect(seen).toEqual(['ncf 2', 'ncf 1', 'Ease 1']);
    expect(await names({ order_by: 'name DESC', max_results: '2' })).toEqual(["o'neil", 'ncf']);
    const { body } = await search('registered-models', { max_results: '1' });
    const foreign = { page_token: body.next_page_token!, order_by: 'name DESC' };
    for (const asked of [foreign, { page_token: 'bm9uc2Vuc2U' }, { page_token: '%' }])
      expect(await search('registered-models', asked)).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  });

  test.each([
    ['registered-models', { max_results: '1001' }],
    ['model-versions', { max_results: '0' }],
    ['model-versions', { filter: "name = 'x" }],
    ['registered-models', { order_by: 'colour' }],
  ] as const)('%s %j is refused in words', async (what, asked) =>
    expect(await search(what, asked)).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } }),
  );

  test('and reading a model of 200,000 versions take no look at each of them', async () => {
    await database.pool.query(
      `insert into model_versions (name, version, source) select 'ncf', n, 's3://b/' || n from generate_series(3, 200000) as n`,
    );
    await database.pool.query('analyze');
    const plans: string[] = [];
    const db = explaining(database.pool, plans);
    const orders = [{ on: 'attribute', key: 'last_updated_timestamp', ascending: false }] as const;
    const conditions = [{ on: 'attribute', key: 'name', comparator: '=', value: 'ncf' }] as const;
    await searchVersions(db, { conditions, without: { key: 'k', value: 'v' }, orders, limit: 100, after: null });
    await latestVersions(db);
    await findModelEntry(db, 'ncf');
    expect(plans.filter((plan) => /Seq Scan on model_versions|Filter: \(stage = '(Staging|Production|Archived)'/.test(plan))).toEqual([]);
    interface Plan {
      'Relation Name'?: string;
      'Actual Rows': number;
      'Actual Loops': number;
      'Rows Removed by Filter'?: number;
      Plans?: Plan[];
    }
    const lookedAt = ({ Plans: below = [], ...node }: Plan): number =>
      (node['Relation Name'] === 'model_versions'
        ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
        : 0) + below.reduce((sum, each) => sum + lookedAt(each), 0);
    const looks: number[] = [];
    const counting = {
      query: async (sql: string, values: unknown[]) => {
        const { rows } = await database.pool.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, format json) ${sql}`, values);
        looks.push(lookedAt(rows[0]!['QUERY PLAN'][0].Plan));
        return database.pool.query(sql, values);
      },
    } as unknown as Database;
    const compare = (asked: string[] | null) => compareVersions(counting, { name: 'ncf', versions: asked, metrics: null });
    expect((await compare(null)).versions).toHaveLength(10);
    expect((await compare(['7', '150000'])).versions).toEqual(['7', '150000']);
    expect(looks).toEqual([10, 2]);
    expect((await getModel()).body.registered_model.latest_versions).toMatchObject([{ version: '200000' }]);
    expect(await versions({ filter: "name='ncf'", max_results: '2' })).toHaveLength(2);
  });
});

test('a viewer reads and changes nothing', async () => {
  const credentials = [{ name: 'vera', role: 'viewer', secret: 'secret-of-vera-123' }] as const;
  const guarded = await startTestApi(
    {
      database: { url: database.url, poolSize: 2, external: true },
      access: { host: '127.0.0.1', credentials, allowedHosts: [], allowedOrigins: [] },
    },
    createMlflowApi,
  );
  const headers = { 'x-api-key': 'secret-of-vera-123' };
  await createModel();
  expect(await guarded.call('GET', `${PREFIX}/registered-models/get?name=ncf`, { headers })).toMatchObject({ status: 200 });
  for (const [method, path] of [
    ['POST', '/registered-models/create'],
    ['DELETE', '/registered-models/delete'],
    ['POST', '/registered-models/alias'],
    ['POST', '/model-versions/transition-stage'],
  ] as const)
    expect(await guarded.call(method, `${PREFIX}${path}`, { headers, json: { name: 'ncf' } })).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED' },
    });
  await guarded.stop();
});
