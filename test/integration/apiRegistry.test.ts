import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ENDPOINTS } from '../../contracts/endpoints/index.ts';
import type { ComparedRuns, RunTable } from '../../contracts/experiments.ts';
import type { Comparison, Lineage, ModelVersion, RegistryChange } from '../../contracts/registry.ts';
import type { GateVerdict } from '../../contracts/training.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { withAuthor } from '../../domain/registry/author.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { finishRun, logMetrics, logParams, setRunTags, startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, getVersionByAlias, holdModel, storeVerdict } from '../../domain/registry/versions.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, allowRegistryReset: true });
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});
beforeEach(() => api.call('POST', '/api/v1/registry/reset'));

const NAME = 'movie_predictor';
const PASSED: GateVerdict = { passed: true, rules: [] };
const FAILED: GateVerdict = {
  passed: false,
  rules: [
    { rule: 'beats_popularity', passed: false, value: 1.1, bound: 0.9, detail: 'rmse 1.1, popularity has 0.9' },
    { rule: 'size_within_budget', passed: true, value: 1, bound: 2, detail: 'small' },
  ],
};

/** A version as a training registers it. */
async function register(gate: GateVerdict | null, metrics: Readonly<Record<string, number>> = {}): Promise<string> {
  return withTransaction(database.pool, async (db) => {
    const experimentId = await ensureExperiment(db, 'movie_recommendation');
    await holdModel(db, NAME);
    const run = await startRegistryRun(db, { experimentId, name: 'training/a1', userId: 'training-pipeline', origin: null });
    await logParams(db, run, { hidden_units: '64' });
    await setRunTags(db, run, {
      snapshot_id: 'abc',
      data_sets: 'movielens, ml-1m',
      code_version: '0.4.0',
      backend: 'cpu',
      parameters: '1200',
    });
    const recordedAt = new Date(0);
    await logMetrics(
      db,
      run,
      Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, recordedAt })),
    );
    await finishRun(db, run, 'FINISHED');
    const version = await createModelVersion(db, { name: NAME, source: 'blob:trained/x', registryRunId: run, origin: null, tags: {} });
    if (gate) await storeVerdict(db, NAME, version, gate);
    return version;
  });
}
const champion = async () => (await getVersionByAlias(database.pool, NAME, 'champion'))?.version;
const promote = (json: object) =>
  api.call<ModelVersion & { detail: string; errors: object[] }>('POST', `/mlflow/models/${NAME}/promote-to-production`, { json });
const changes = async () =>
  (await api.call<{ changes: RegistryChange[] }>('GET', `/api/v1/models/${NAME}/history`)).body.changes.map(
    ({ change, alias, version, from, to, by, reason }) => [change === 'alias' ? alias : `stage of ${version}`, from, to, by, reason],
  );

describe("the guide's calls", () => {
  test('make and list experiments, as printed', async () => {
    const json = { name: 'movie_recommendation_experiment', description: '영화 추천 모델 실험' };
    const made = await api.call('POST', '/mlflow/experiments', { json });
    expect(made).toMatchObject({ status: 200, body: { experiment_id: '1', ...json, runs: 0 } });
    const { body } = await api.call<{ experiments: object[] }>('GET', '/mlflow/experiments');
    expect(ENDPOINTS.registry.experiments.answer.parse(body).experiments).toMatchObject([json, { name: 'Default' }]);
    expect(await api.call('POST', '/mlflow/experiments', { json })).toMatchObject({ status: 409 });
  });

  test('list models, show one, and move a version to a stage, as printed', async () => {
    await register(PASSED);
    const listed = await api.call<{ models: object[] }>('GET', '/mlflow/models');
    expect(ENDPOINTS.registry.models.answer.parse(listed.body).models).toMatchObject([{ name: NAME, latest_versions: [{ version: '1' }] }]);
    const shown = await api.call('GET', `/mlflow/models/${NAME}`);
    expect(ENDPOINTS.registry.model.answer.parse(shown.body)).toMatchObject({ name: NAME, versions: [{ version: '1', stage: 'None' }] });
    await register(PASSED);
    for (const address of [`/mlflow/models/${NAME}`, `/api/v1/models/${NAME}`]) {
      const page = async (query: string) => (await api.call('GET', `${address}?${query}`)).body;
      expect(await page('limit=1')).toMatchObject({ versions: [{ version: '2' }], next_cursor: '2' });
      expect(await page('limit=1&cursor=2')).toMatchObject({ versions: [{ version: '1' }], next_cursor: null });
      expect(await api.call('GET', `${address}?limit=0`)).toMatchObject({ status: 422 });
    }
    const json = { model_name: NAME, version: '1', stage: 'Production', description: '첫 번째 프로덕션 모델' };
    const moved = await api.call('POST', '/mlflow/models/stage-transition', { json });
    expect(moved).toMatchObject({ status: 200, body: { stage: 'Production', aliases: [] } });
    expect(await changes()).toEqual([['stage of 1', 'None', 'Production', 'local', '첫 번째 프로덕션 모델']]);
    expect(await api.call('GET', '/mlflow/models/none')).toMatchObject({ status: 404 });
  });

  test('promote a version that passed the gate: champion and Production at once, and what stood there is archived', async () => {
    await register(PASSED);
    await register(PASSED);
    await promote({ version: '2', description: 'better' });
    const answer = await promote({ version: '1', description: '성능 검증 완료 후 프로덕션 승격' });
    expect(answer).toMatchObject({ status: 200, body: { version: '1', stage: 'Production', aliases: ['champion'] } });
    expect(await champion()).toBe('1');
    expect(await changes()).toEqual([
      ['champion', '2', '1', 'local', '성능 검증 완료 후 프로덕션 승격'],
      ['stage of 2', 'Production', 'Archived', 'local', '성능 검증 완료 후 프로덕션 승격'],
      ['stage of 1', 'None', 'Production', 'local', '성능 검증 완료 후 프로덕션 승격'],
      ['champion', null, '2', 'local', 'better'],
      ['stage of 2', 'None', 'Production', 'local', 'better'],
    ]);
  });

  test('promote no version that did not pass, and say by which rule and numbers, unless forced with a description', async () => {
    await register(FAILED);
    const refused = await promote({ version: '1', description: 'please' });
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('beats_popularity (rmse 1.1, popularity has 0.9)') },
    });
    expect(refused.body.errors).toEqual([{ field: 'beats_popularity', message: 'rmse 1.1, popularity has 0.9 [value 1.1, bound 0.9]' }]);
    for (const description of [undefined, '', '  '])
      expect(await promote({ version: '1', force: true, description })).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'body.description' }] },
      });
    expect([await champion(), await changes()]).toEqual([undefined, []]);
    expect(await promote({ version: '1', force: true, description: 'the old one is broken' })).toMatchObject({ status: 200 });
    expect(await champion()).toBe('1');
  });

  test('promote no version that nobody judged, and none that is not there', async () => {
    await register(null);
    expect(await promote({ version: '1' })).toMatchObject({ status: 409, body: { detail: expect.stringContaining('was not judged') } });
    expect(await promote({ version: '7' })).toMatchObject({ status: 404 });
  });
});

describe('the history of a model', () => {
  test('has every change by every door in its order, follows a rename, and outlives the model', async () => {
    await register(PASSED);
    await api.call('PUT', `/api/v1/models/${NAME}/aliases/best`, { json: { version: '1', description: 'by hand' } });
    await api.call('PUT', `/api/v1/models/${NAME}/aliases/best`, { json: { version: '1' } });
    await withAuthor(database.pool, { name: 'anna', reason: 'in code' }, (db) => setAlias(db, { name: NAME, alias: 'old', version: '1' }));
    await database.pool.query(`update model_versions set stage = 'Staging'`);
    const { rows } = await database.pool.query<{ user: string }>('select current_user as user');
    await api.call('POST', '/api/2.0/mlflow/registered-models/rename', { json: { name: NAME, new_name: 'x' } });
    await api.call('POST', '/api/2.0/mlflow/registered-models/rename', { json: { name: 'x', new_name: NAME } });
    await api.call('DELETE', `/api/v1/models/${NAME}/aliases/old?description=wrong`);
    await api.call('DELETE', '/api/2.0/mlflow/registered-models/delete', { json: { name: NAME } });
    expect(await changes()).toEqual([
      ['best', '1', null, 'local', 'the model was deleted'],
      ['old', '1', null, 'local', 'wrong'],
      ['stage of 1', 'None', 'Staging', rows[0]!.user, ''],
      ['old', null, '1', 'anna', 'in code'],
      ['best', null, '1', 'local', 'by hand'],
    ]);
    expect(await api.call('GET', '/api/v1/models/never/history')).toMatchObject({ status: 404 });
  });

  test('has nothing of a change that was rolled back', async () => {
    await register(PASSED);
    const failing = withAuthor(database.pool, { name: 'anna', reason: '' }, async (db) => {
      await setAlias(db, { name: NAME, alias: 'champion', version: '1' });
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    expect([await champion(), await changes()]).toEqual([undefined, []]);
  });

  test('is not asked for an alias of a version or a model that is not there', async () => {
    await register(PASSED);
    expect(await api.call('PUT', `/api/v1/models/${NAME}/aliases/best`, { json: { version: '9' } })).toMatchObject({ status: 404 });
    expect(await api.call('DELETE', '/api/v1/models/none/aliases/best')).toMatchObject({ status: 404 });
  });
});

test('versions are compared by rmse, mae, accuracy and ranking, or by what is asked for', async () => {
  await register(PASSED, { rmse: 0.9, accuracy: 0.4, full_ndcg_at_10: 0.2, loss: 3 });
  await register(PASSED, { rmse: 1.1, accuracy: 0.5, full_ndcg_at_10: 0.2, loss: NaN });
  const compare = (query: string) => api.call<Comparison>('GET', `/api/v1/models/${NAME}/compare${query}`);
  expect((await compare('?versions=1,2')).body).toEqual({
    name: NAME,
    versions: ['1', '2'],
    same_data: true,
    metrics: [
      { metric: 'rmse', better: 'lower', values: { 1: 0.9, 2: 1.1 }, best: '1' },
      { metric: 'accuracy', better: 'higher', values: { 1: 0.4, 2: 0.5 }, best: '2' },
      { metric: 'full_ndcg_at_10', better: 'higher', values: { 1: 0.2, 2: 0.2 }, best: null },
    ],
  });
  expect((await compare('?metrics=mae,loss')).body).toEqual({
    name: NAME,
    versions: ['2', '1'],
    same_data: true,
    metrics: [
      { metric: 'mae', better: 'lower', values: { 1: null, 2: null }, best: null },
      { metric: 'loss', better: null, values: { 1: 3, 2: null }, best: null },
    ],
  });
  await database.pool.query(
    `update registry_run_tags set value = 'def' where key = 'snapshot_id' and registry_run_id = (select registry_run_id from model_versions where version = 2)`,
  );
  expect((await compare('')).body.same_data).toBe(false);
  await database.pool.query(`delete from registry_run_tags where value = 'def'`);
  expect((await compare('')).body.same_data).toBeNull();
  expect(await compare('?versions=1,9')).toMatchObject({ status: 404, body: { detail: expect.stringContaining('version 9') } });
  expect(await compare('?versions=1;2')).toMatchObject({ status: 422 });
});

test('a version tells what it was made of, when it was champion and why, and where it answers', async () => {
  await register(PASSED);
  await register(PASSED);
  await promote({ version: '1', description: 'first' });
  await promote({ version: '2', description: 'second' });
  const { body } = await api.call<Lineage>('GET', `/api/v1/models/${NAME}/versions/1/lineage`);
  expect(ENDPOINTS.models.lineage.answer.parse(body)).toMatchObject({
    data: { sets: ['movielens', 'ml-1m'], snapshot_id: 'abc' },
    run: { experiment: 'movie_recommendation', name: 'training/a1', params: { hidden_units: '64' }, code_version: '0.4.0', backend: 'cpu' },
    version: { version: '1', stage: 'Archived' },
    parameters: 1200,
    champion: [{ by: 'local', reason: 'first', until: expect.any(String) }],
    routes: [{ route: 'legacy', preference: 1, serves: false }],
  });
  const now = await api.call<Lineage>('GET', `/api/v1/models/${NAME}/versions/2/lineage`);
  expect(now.body).toMatchObject({ champion: [{ reason: 'second', until: null }], routes: [{ serves: true }] });
  expect(now.body.champion[0]!.from).toBe(body.champion[0]!.until);
});

test('what callers named as every object names something of its own is shown, and compared, as any other name', async () => {
  const run = await register(PASSED, { rmse: 1 });
  const { rows } = await database.pool.query<{ id: string }>('select registry_run_id as id from model_versions where version = $1', [run]);
  await logParams(database.pool, rows[0]!.id, JSON.parse('{"__proto__":"p"}') as Record<string, string>);
  await setRunTags(database.pool, rows[0]!.id, JSON.parse('{"__proto__":"t"}') as Record<string, string>);
  const compared = await api.call<Comparison>('GET', `/api/v1/models/${NAME}/compare?metrics=__proto__,constructor,rmse`);
  expect(compared.body.metrics.map(({ values }) => values)).toEqual([{ 1: null }, { 1: null }, { 1: 1 }]);
  const at = `/api/v1/models/${NAME}/versions/1`;
  const { run: made } = ENDPOINTS.models.lineage.answer.parse((await api.call('GET', `${at}/lineage`)).body);
  expect(Object.entries(made!.params)).toContainEqual(['__proto__', 'p']);
  const { params, run_tags } = ENDPOINTS.models.version.answer.parse((await api.call('GET', at)).body);
  expect(Object.entries(params)).toContainEqual(['__proto__', 'p']);
  expect(Object.entries(run_tags)).toContainEqual(['__proto__', 't']);
});

describe('a champion that a client logged', () => {
  const SOURCE = 'runs:/abc/model';
  beforeEach(async () => {
    await register(PASSED);
    await register(PASSED);
    await database.pool.query('update model_versions set source = $2 where name = $1 and version = 2', [NAME, SOURCE]);
    await setAlias(database.pool, { name: NAME, alias: 'champion', version: '1' });
  });
  const warning =
    `It is not served: version 2 of ${NAME} was logged by a client (${SOURCE}); only versions that a training registered are served. ` +
    'Version 1 goes on answering';

  test('is set, and whoever sets it is told that it is not served and what is', async () => {
    const set = await api.call('PUT', `/api/v1/models/${NAME}/aliases/champion`, { json: { version: '2' } });
    expect(ENDPOINTS.models.setAlias.answer.parse(set.body)).toEqual({ name: NAME, aliases: { champion: '2' }, warning });
    const back = await api.call('PUT', `/api/v1/models/${NAME}/aliases/champion`, { json: { version: '1' } });
    expect(back.body).toEqual({ name: NAME, aliases: { champion: '1' } });
    const other = await api.call('PUT', `/api/v1/models/${NAME}/aliases/best`, { json: { version: '2' } });
    expect(other.body).not.toHaveProperty('warning');
  });

  test('is promoted, and told of so too', async () => {
    const { body } = await promote({ version: '2', description: 'mine' });
    expect(ENDPOINTS.registry.promote.answer.parse(body)).toMatchObject({ version: '2', aliases: ['champion'], warning });
  });
});

test('the registry is emptied only where the API was started so', async () => {
  await register(PASSED);
  const careful = await startTestApi({ database: { url: database.url, poolSize: 1, external: true } });
  expect(await careful.call('POST', '/api/v1/registry/reset')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('ALLOW_REGISTRY_RESET=1') },
  });
  await careful.stop();
  expect((await api.call('GET', `/mlflow/models/${NAME}`)).status).toBe(200);
  expect(await api.call('POST', '/api/v1/registry/reset')).toMatchObject({ status: 200, body: { experiments: 1, runs: 1, models: 1 } });
  expect((await api.call<{ models: object[] }>('GET', '/mlflow/models')).body.models).toEqual([]);
  expect((await api.call<{ experiments: object[] }>('GET', '/mlflow/experiments')).body.experiments).toMatchObject([
    { experiment_id: '0', name: 'Default' },
  ]);
});

describe('runs of experiments', () => {
  const runs = (query: Readonly<Record<string, string>> = {}) =>
    api.call<RunTable & { errors: { field: string }[] }>('GET', `/api/v1/experiments/runs?${new URLSearchParams(query).toString()}`);

  /** Seven runs, a second apart; of the last one `rmse` is no number. */
  async function log(experiment = 'tuning'): Promise<string[]> {
    const experimentId = await ensureExperiment(database.pool, experiment);
    const ids: string[] = [];
    for (const nth of [1, 2, 3, 4, 5, 6, 7]) {
      const run = await startRegistryRun(database.pool, { experimentId, name: `run ${nth}`, userId: 'ann', origin: null });
      await database.pool.query('update registry_runs set started_at = to_timestamp($2) where registry_run_id = $1', [run, 1_000 + nth]);
      await logParams(database.pool, run, { factors: String(nth % 3), kind: 'ials' });
      await setRunTags(database.pool, run, { backend: 'cpu' });
      const rmse = nth === 7 ? NaN : 1 / nth;
      const points = [0, 1, 2].map((step) => ({ key: 'loss', value: nth - step / 10, step, recordedAt: new Date(step) }));
      await logMetrics(database.pool, run, [{ key: 'rmse', value: rmse, step: 0, recordedAt: new Date(0) }, ...points]);
      await finishRun(database.pool, run, nth === 1 ? 'FAILED' : 'FINISHED');
      ids.push(run);
    }
    return ids;
  }

  test('are a table: by filter, order and columns, page by page, each run once', async () => {
    await log();
    await log('another');
    const asked = { experiment: '1', filter: "params.factors != '0' and attributes.status = 'FINISHED'", sort: 'metrics.`rmse` ASC' };
    const query = { ...asked, columns: 'metrics.rmse,params.factors,tags.backend,metrics.none', limit: '2' };
    const first = (await runs(query)).body;
    expect(ENDPOINTS.experiments.runs.answer.parse(first)).toEqual(first);
    expect(first).toMatchObject({
      columns: [
        { kind: 'metric', name: 'rmse' },
        { kind: 'param', name: 'factors' },
        { kind: 'tag', name: 'backend' },
        { kind: 'metric', name: 'none' },
      ],
      total: 4,
      runs: [
        {
          name: 'run 5',
          user_id: 'ann',
          status: 'FINISHED',
          experiment_id: '1',
          started_at: '1970-01-01T00:16:45.000Z',
          values: [0.2, '2', 'cpu', null],
        },
        { name: 'run 4', values: [0.25, '1', 'cpu', null] },
      ],
    });
    const second = (await runs({ ...query, cursor: first.next_cursor! })).body;
    expect(second).toMatchObject({
      total: null,
      next_cursor: null,
      runs: [{ name: 'run 2' }, { name: 'run 7', values: ['NaN', '1', 'cpu', null] }],
    });
  });

  test('come newest first, with the columns that tell them apart, where nothing else is asked for', async () => {
    await log();
    await log('another');
    const { body } = await runs({ limit: '3' });
    expect(body.columns).toEqual([
      { kind: 'metric', name: 'rmse' },
      { kind: 'metric', name: 'loss' },
      { kind: 'param', name: 'factors' },
    ]);
    expect(body).toMatchObject({ total: 14, runs: [{ name: 'run 7' }, { name: 'run 7' }, { name: 'run 6' }] });
    const rest = await runs({ limit: '1000', cursor: body.next_cursor! });
    expect(rest.body.runs.map(({ name }) => name)).toEqual([
      'run 6',
      ...['5', '4', '3', '2', '1'].flatMap((nth) => [`run ${nth}`, `run ${nth}`]),
    ]);
    await api.call('POST', '/api/v1/registry/reset');
    expect((await runs()).body).toEqual({ columns: [], runs: [], total: 0, next_cursor: null });
  });

  test('say by name what of a question cannot be understood', async () => {
    const refused: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{ filter: 'rmse <' }, 'filter'],
      [{ sort: 'metrics.rmse SIDEWAYS' }, 'sort'],
      [{ columns: 'rmse' }, 'columns'],
      [{ cursor: 'bm9uc2Vuc2U' }, 'cursor'],
      [{ experiment: 'tuning' }, 'experiment'],
    ];
    for (const [query, field] of refused) {
      const { status, body } = await runs(query);
      expect([query, status, body.errors[0]?.field]).toEqual([query, 422, expect.stringContaining(field)]);
    }
  });

  test('are told with all that was logged, how each metric went, and which names there are', async () => {
    const [first = '', second = ''] = await log();
    await withTransaction(database.pool, async (db) => {
      await holdModel(db, NAME);
      await createModelVersion(db, { name: NAME, source: 'blob:x', registryRunId: second, origin: null, tags: {} });
    });
    const compared = await api.call<ComparedRuns>('GET', `/api/v1/experiments/runs/compare?runs=${second},${first}`);
    expect(ENDPOINTS.experiments.compare.answer.parse(compared.body)).toEqual(compared.body);
    expect(compared.body).toMatchObject({
      better: { rmse: 'lower' },
      runs: [
        {
          name: 'run 2',
          experiment: 'tuning',
          versions: [{ name: NAME, version: '1' }],
          params: { factors: '2', kind: 'ials' },
          metrics: { rmse: { value: 0.5, step: 0 }, loss: { value: 1.8, step: 2 } },
        },
        { name: 'run 1', status: 'FAILED', tags: { backend: 'cpu' } },
      ],
    });
    const curves = await api.call('GET', `/api/v1/experiments/runs/curves?metric=loss&points=2&runs=${first},${second}`);
    expect(ENDPOINTS.experiments.curves.answer.parse(curves.body)).toEqual({
      curves: [
        {
          run_id: first,
          points: [
            [0, 1],
            [2, 0.8],
          ],
        },
        {
          run_id: second,
          points: [
            [0, 2],
            [2, 1.8],
          ],
        },
      ],
    });
    expect(await api.call('GET', '/api/v1/experiments/names')).toMatchObject({
      body: { looked_at: 7, metrics: ['loss', 'rmse'], params: ['factors', 'kind'], tags: ['backend', 'mlflow.runName', 'mlflow.user'] },
    });
    expect((await api.call('GET', `/api/v1/experiments/runs/compare?runs=${'0'.repeat(32)}`)).status).toBe(404);
  });

  test('are found by the index of their times, however many there are', async () => {
    await database.pool.query(
      `insert into registry_runs (registry_run_id, experiment_id, name, user_id, status, started_at)
       select md5(n::text), 0, 'run ' || n, 'ann', 'FINISHED', to_timestamp(n) from generate_series(1, 20000) n`,
    );
    await database.pool.query('analyze registry_runs');
    const { rows } = await database.pool.query<Record<'QUERY PLAN', string>>(
      `explain select registry_run_id from registry_runs where lifecycle_stage = 'active' order by started_at desc, registry_run_id limit 100`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('registry_runs_newest');
    expect((await runs({ limit: '1' })).body).toMatchObject({ total: 20_000, runs: [{ name: 'run 20000' }] });
  });
});
