import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { readMetricHistory, sampleMetricHistories } from '../../domain/registry/metricHistory.ts';
import { getRegistryRun, logMetrics } from '../../domain/registry/runs.ts';
import { closeSweepRun, openSweepRun, recordTrialRun } from '../../domain/registry/sweeps.ts';
import { readClientRuns } from '../../domain/registry/wholeRuns.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { explaining } from '../support/explaining.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 8, external: true } }, createMlflowApi);
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});
beforeEach(() => database.pool.query('truncate registry_runs, logged_models, registry_datasets cascade'));

interface Answer {
  readonly error_code?: string;
  readonly message?: string;
  readonly next_page_token?: string;
  readonly runs?: readonly {
    info: { run_id: string; run_name: string };
    data: { metrics?: object[]; tags?: { key: string; value: string }[] };
  }[];
  readonly metrics?: readonly { run_id?: string; value: number | string; step: number }[];
  readonly run?: { info: { run_id: string } };
}
const post = async (path: string, json: object) => (await api.call<Answer>('POST', `/api/2.0/mlflow/${path}`, { json })).body;
const get = async (path: string, query: Record<string, string | string[]>) => {
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) => [value].flat().map((one): [string, string] => [key, one])),
  );
  return (await api.call<Answer>('GET', `/ajax-api/2.0/mlflow/${path}?${search.toString()}`)).body;
};
const createRun = async (name = 'run') =>
  (await post('runs/create', { experiment_id: '0', run_name: name, start_time: 1 })).run!.info.run_id;
const search = (body: object) => post('runs/search', { experiment_ids: ['0'], ...body });
const names = ({ runs = [] }: Answer) => runs.map(({ info }) => info.run_name);
const logBatch = (runId: string, batch: object) => post('runs/log-batch', { run_id: runId, ...batch });

describe('pages', () => {
  test('of a search are whole and in order, also where keys are missing, equal or NaN', async () => {
    const values = [3, 'NaN', null, 1, 3, 2, null, 'NaN', 1];
    for (const [nth, value] of values.entries()) {
      const id = await createRun(`r${nth}`);
      if (value !== null) await logBatch(id, { metrics: [{ key: 'm', value, timestamp: 1 }] });
    }
    for (const order of ['metrics.m DESC', 'metrics.m ASC', 'tags.none', 'run_name DESC']) {
      const whole = names(await search({ order_by: [order] }));
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = await search({ order_by: [order], max_results: 2, ...(token && { page_token: token }) });
        seen.push(...names(page));
        token = page.next_page_token;
      } while (token);
      expect([order, seen]).toEqual([order, whole]);
      expect(new Set(seen).size).toBe(values.length);
    }
    const descending = await search({ order_by: ['metrics.m DESC'] });
    expect(descending.runs!.map(({ data }) => (data.metrics?.[0] as { value: unknown } | undefined)?.value ?? null)).toEqual([
      ...[3, 3, 2, 1, 1],
      ...['NaN', 'NaN'],
      ...[null, null],
    ]);
  });

  test("go on where they ended though runs were added meanwhile, and a token is no other search's", async () => {
    for (const name of ['a', 'b', 'c']) await createRun(name);
    const first = await search({ order_by: ['run_name'], max_results: 2 });
    await createRun('Z before all');
    const token = first.next_page_token!;
    expect(names(await search({ order_by: ['run_name'], max_results: 2, page_token: token }))).toEqual(['c']);
    for (const other of [{ order_by: ['run_name DESC'] }, { order_by: ['run_name'], filter: "status = 'RUNNING'" }, {}])
      expect(await search({ ...other, page_token: token })).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    for (const forged of ['x', 'e30=', Buffer.from('{"of":"","at":[]}').toString('base64url')])
      expect(await search({ page_token: forged })).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
  });

  test('of a history have each point once, in the order of its times, with NaN and what infinities are kept as', async () => {
    const id = await createRun();
    const values = [1, 'NaN', 'Infinity', '-Infinity', 1e308, 2, 'NaN'];
    await logBatch(id, { metrics: values.map((value, step) => ({ key: 'm', value, timestamp: Math.floor(step / 2), step })) });
    const seen: unknown[] = [];
    let token: string | undefined;
    do {
      const page = await get('metrics/get-history', { run_id: id, metric_key: 'm', max_results: '2', ...(token && { page_token: token }) });
      seen.push(...page.metrics!.map(({ step, value }) => [step, value]));
      token = page.next_page_token;
    } while (token);
    const kept = [1, 'NaN', Number.MAX_VALUE, -Number.MAX_VALUE, 1e308, 2, 'NaN'];
    expect(seen).toEqual(kept.map((value, step) => [step, value]));
  });
});

describe('metrics', () => {
  test('of several runs come in one answer, whole or spread evenly with both ends', async () => {
    const ids = [await createRun('a'), await createRun('b')];
    for (const id of ids)
      await logBatch(id, { metrics: Array.from({ length: 1_000 }, (_, step) => ({ key: 'm', value: step, timestamp: step, step })) });
    const bulk = await get('metrics/get-history-bulk', { run_id: ids, metric_key: 'm' });
    expect(bulk.metrics).toHaveLength(2_000);
    const sample = await get('metrics/get-history-bulk-interval', { run_ids: ids, metric_key: 'm', max_results: '11' });
    expect(sample.metrics!.map(({ run_id: id, step }) => [id, step])).toEqual(
      ids.flatMap((id) => [0, 99, 199, 299, 399, 499, 599, 699, 799, 899, 999].map((step) => [id, step])),
    );
    const part = await get('metrics/get-history-bulk-interval', {
      ...{ run_ids: ids[0]!, metric_key: 'm', max_results: '3' },
      ...{ start_step: '10', end_step: '20' },
    });
    expect(part.metrics!.map(({ step }) => step)).toEqual([10, 15, 20]);
    const one = await get('metrics/get-history-bulk-interval', { run_ids: ids[0]!, metric_key: 'm', max_results: '1' });
    expect(one.metrics!.map(({ step }) => step)).toEqual([999]);
  });

  test('have as their latest the one of the greatest step, then time, whatever order they come in and whoever writes', async () => {
    const id = await createRun();
    const points = Array.from({ length: 40 }, (_, nth) => ({ key: `m${nth % 2}`, value: nth, timestamp: nth % 5, step: (nth * 7) % 11 }));
    await Promise.all(points.map((point) => logBatch(id, { metrics: [point] })));
    await logMetrics(database.pool, id, [{ key: 'm0', value: -1, step: -5, recordedAt: new Date(9) }]);
    const { rows } = await database.pool.query(
      `select (select jsonb_agg(l order by key) from registry_run_latest_metrics l where registry_run_id = $1) as latest,
         (select jsonb_agg(h order by key) from (
            select distinct on (key) registry_run_id, key, step, recorded_at, value from registry_run_metrics where registry_run_id = $1
            order by key, step desc, recorded_at desc, value desc) h) as expected`,
      [id],
    );
    expect(rows[0].latest).toHaveLength(2);
    expect(rows[0].latest).toEqual(rows[0].expected);
  });

  test('of a run that is not there are refused, and go with their run', async () => {
    const [kept, gone] = [await createRun('kept'), await createRun('gone')];
    const point = { key: 'm', value: 1, step: 0, recordedAt: new Date(1) };
    for (const id of [kept, gone]) await logMetrics(database.pool, id, [point]);
    await expect(logMetrics(database.pool, 'nobody', [point])).rejects.toMatchObject({ code: '23503' });
    const left = async () => {
      const tables = ['registry_run_metrics', 'registry_run_latest_metrics'].map((table) => `select registry_run_id as id from ${table}`);
      return (await database.pool.query<{ id: string }>(tables.join(' union all '))).rows;
    };
    await database.pool.query('delete from registry_runs where registry_run_id = $1', [gone]);
    expect(await left()).toEqual([{ id: kept }, { id: kept }]);
    await database.pool.query('truncate registry_runs cascade');
    expect(await left()).toEqual([]);
  });

  test('keep their run from being deleted until they are written, and are refused where it was', async () => {
    const id = await createRun();
    const point = { key: 'm', value: 1, step: 0, recordedAt: new Date(1) };
    const deleter = await database.pool.connect();
    try {
      await deleter.query('begin');
      await deleter.query('delete from registry_runs where registry_run_id = $1', [id]);
      const late = logMetrics(database.pool, id, [point]);
      late.catch(() => undefined);
      await waitFor('the writer to wait for the deletion', async () => {
        const { rowCount } = await database.pool.query('select from pg_locks where not granted and pid <> pg_backend_pid()');
        return rowCount !== 0;
      });
      await deleter.query('commit');
      await expect(late).rejects.toMatchObject({ code: '23503' });
    } finally {
      deleter.release();
    }
  });

  test('and all else of many runs is read by looks into indexes, and a page of a history from where it begins', async () => {
    await createRun();
    await database.pool.query(
      `insert into registry_runs (registry_run_id, experiment_id, name, user_id, status) select 'r' || n, 0, 'r', '', 'FINISHED' from generate_series(1, 2000) n`,
    );
    for (const [table, columns] of [
      ['registry_run_latest_metrics', `n % 10, now(), n`],
      ['registry_run_metrics', `n, now(), n`],
    ])
      await database.pool.query(
        `insert into ${table} (registry_run_id, key, step, recorded_at, value) select 'r' || 1 + n / 20, 'k' || n % 20, ${columns} from generate_series(0, 39999) n`,
      );
    for (const table of ['registry_run_params', 'registry_run_tags'])
      await database.pool.query(
        `insert into ${table} (registry_run_id, key, value) select 'r' || 1 + n / 20, 'k' || n % 20, n::text from generate_series(0, 39999) n`,
      );
    await database.pool.query('analyze');
    const plans: string[] = [];
    const none = { key: null, place: null };
    const found = { runs: none, metrics: none, params: none, tags: none, datasets: none, models: none };
    const db = explaining(database.pool, plans, [{ ...found, points: none }]);
    await readClientRuns(db, ['r1', 'r2']);
    await readMetricHistory(db, { runId: 'r1', key: 'k1', limit: 10, after: { timestamp: 1, step: 1, value: 1 } });
    await sampleMetricHistories(db, { runIds: ['r1'], key: 'k1', points: 10, steps: null });
    expect(plans.filter((plan) => /Seq Scan on registry_run(s|_latest_metrics|_metrics|_params|_tags)/.test(plan))).toEqual([]);
    expect(plans[1]).toMatch(/Index Cond: .*ROW\(recorded_at, step, value\) > ROW/);
  });

  test('that are NaN stay out of the numbers of the REST API', async () => {
    const id = await createRun();
    await logBatch(id, {
      metrics: [
        { key: 'nan', value: 'NaN', timestamp: 1 },
        { key: 'one', value: 1, timestamp: 1 },
      ],
    });
    expect((await getRegistryRun(database.pool, id))!.metrics).toEqual({ one: 1 });
  });
});

describe('a run', () => {
  test('keeps one value of a parameter, whoever is first of many at once; a batch with another one leaves nothing', async () => {
    const id = await createRun();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, nth) =>
        logBatch(id, { params: [{ key: 'lr', value: `${nth}` }], metrics: [{ key: `m${nth}`, value: 1, timestamp: 1 }] }),
      ),
    );
    const passed = answers.flatMap(({ error_code: code }, nth) => (code ? [] : [nth]));
    expect(passed).toHaveLength(1);
    expect(answers.filter(({ error_code: code }) => code === 'INVALID_PARAMETER_VALUE')).toHaveLength(7);
    const run = (await getRegistryRun(database.pool, id))!;
    expect([run.params, Object.keys(run.metrics)]).toEqual([{ lr: `${passed[0]}` }, [`m${passed[0]}`]]);
  });

  test('of our own trainings stands there with its name, whose it is and what it is a part of', async () => {
    const experiment = 'sweeps';
    const parent = await openSweepRun(database.pool, { origin: 'sweep/1', experiment, params: { a: 'b' }, tags: { data_sets: 'small' } });
    const trial = { origin: 'sweep/1/0', experiment, parentRunId: parent, metric: 'ndcg_at_10', tags: {} };
    await recordTrialRun(database.pool, { ...trial, spec: { kind: 'popularity' }, outcome: null });
    await closeSweepRun(database.pool, parent, 'FINISHED', {});
    const { rows } = await database.pool.query(`select experiment_id::text from experiments where name = 'sweeps'`);
    const found = await post('runs/search', { experiment_ids: [rows[0].experiment_id], filter: `tags.mlflow.parentRunId = '${parent}'` });
    expect(names(found)).toEqual(['sweep/1/0']);
    expect(found.runs![0]!.data.tags).toEqual([
      { key: 'mlflow.parentRunId', value: parent },
      { key: 'mlflow.runName', value: 'sweep/1/0' },
      { key: 'mlflow.user', value: 'model-sweep' },
    ]);
    for (const { key, value } of found.runs![0]!.data.tags!)
      expect(
        names(await post('runs/search', { experiment_ids: [rows[0].experiment_id], filter: `tags.\`${key}\` = '${value}'` })),
      ).toContain('sweep/1/0');
  });

  test('is found by keys and values that mean something to SQL, and only by its own', async () => {
    const odd = ["it's", 'a"b', "'; drop table registry_runs; --", '100%', 'a_c', String.raw`back\slash`, '$1', '日本 🎬'];
    for (const value of odd) await logBatch(await createRun(value), { tags: [{ key: 'odd', value }] });
    for (const value of odd.filter((text) => !text.includes("'")))
      expect(names(await search({ filter: `tags.odd = '${value}'` }))).toEqual([value]);
    expect(names(await search({ filter: `tags.odd = "it's"` }))).toEqual(["it's"]);
    expect(names(await search({ filter: String.raw`tags.odd LIKE '%\%'` }))).toEqual([String.raw`back\slash`]);
    expect(names(await search({ filter: "tags.`o'dd` = 'x'" }))).toEqual([]);
  });
});

test('two clients that create an experiment of one name at once get one of it', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => post('experiments/create', { name: 'at once' })));
  expect(answers.filter(({ error_code: code }) => code === undefined)).toHaveLength(1);
  expect(answers.filter(({ error_code: code }) => code === 'RESOURCE_ALREADY_EXISTS')).toHaveLength(5);
});
