import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import path from 'node:path';
import { createMaterializationActivities, type MaterializationActivities } from '../../activities/materialization.ts';
import type { RunDetail } from '../../contracts/runs.ts';
import { createFeastApi } from '../../api/feast/app.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { computeView } from '../../domain/features/compute.ts';
import { DEFINITIONS, findView } from '../../domain/features/definitions.ts';
import { ensureOfflineTable } from '../../domain/features/offlineTable.ts';
import { bringOnline, type BringOnline } from '../../domain/features/online/bringOnline.ts';
import { openOnlineStore } from '../../domain/features/online/openOnlineStore.ts';
import { createPicker } from '../../domain/features/online/encoding.ts';
import { reserveViews } from '../../domain/features/online/leases.ts';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createFeastRepository } from '../support/feast.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { describeEachOnlineStore, describeWithRedis } from '../support/optionalPrograms.ts';
import type { TestRedis } from '../support/redis.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

const VIEW = findView(DEFINITIONS, 'movie_features');
const day = (n: number) => new Date(Date.UTC(2026, 0, n));

describeEachOnlineStore('materialization into %s', (_, redis) => {
  let database: TestDatabase;
  let store: OnlineStore;
  beforeEach(async () => {
    database = await createTestDatabase();
    store = openOnlineStore({ redisUrl: redis?.url, pool: database.pool, log: silentLog });
    await database.pool.query(
      `insert into movies (movie_id, title, release_year, genres, source) select n, 'Movie ' || n, 1999, '{Drama}', 'test' from generate_series(1, 5) n`,
    );
    await rate(1, 4, day(2));
    await rate(2, 2, day(2));
  });
  afterEach(async () => {
    if (redis) await emptyRedis(redis);
    await store.close();
    await database.drop();
  });

  const rate = (movie: number, rating: number, at: Date) =>
    database.pool.query(
      `insert into ratings (user_id, movie_id, rating, rated_at, source) values ($1, $2, $3, $4, 'test')
       on conflict (user_id, movie_id) do update set rating = excluded.rating`,
      ['u', movie, rating, at],
    );
  const online = async (...movies: number[]) => {
    const pick = createPicker(['rating', 'rating_count']);
    const rows = await store.read(movies.map((id) => ({ view: VIEW.name, entityId: String(id) })));
    return rows.map((row) => row && pick(row.text).join(' x '));
  };
  const compute = async (end: Date) => {
    await ensureOfflineTable(database.pool, VIEW);
    return computeView(database.pool, VIEW, { end });
  };
  const bring = (over: Partial<BringOnline> & { end: Date }, into: OnlineStore = store) =>
    bringOnline(
      { pool: database.pool, store: into },
      { view: VIEW, run: 'run', full: false, signal: new AbortController().signal, onProgress: () => undefined, ...over },
    );
  /** Redis as it is after it lost everything. */
  async function emptyRedis({ url }: TestRedis) {
    const { createClient } = await import('@redis/client');
    const client = await createClient({ url }).connect();
    await client.flushAll();
    client.destroy();
  }

  test('brings the latest row of each entity online, then what changed since, and corrections of the past', async () => {
    await compute(day(3));
    expect(await bring({ end: day(3) })).toEqual({ online: 5, start: null });
    expect(await online(1, 2, 3, 99)).toEqual(['4.0 x 1', '2.0 x 1', 'null x 0', undefined]);

    await rate(3, 5, day(4));
    await compute(day(5));
    expect((await bring({ end: day(5) })).start).toEqual(day(3));
    expect(await online(1, 3)).toEqual(['4.0 x 1', '5.0 x 1']);

    await rate(1, 1, day(2));
    await compute(day(6));
    await bring({ end: day(6) });
    expect(await online(1)).toEqual(['1.0 x 1']);
    expect((await bring({ end: day(6) })).start).toEqual(day(6));
  });

  test('of a window alone leaves the rest for the next time', async () => {
    await compute(day(3));
    expect(await bring({ start: day(2), end: day(3) })).toEqual({ online: 2, start: day(2) });
    expect(await online(1, 3)).toEqual(['4.0 x 1', undefined]);
    expect(await bring({ end: day(3) })).toEqual({ online: 5, start: null });
    expect(await online(1, 3)).toEqual(['4.0 x 1', 'null x 0']);
  });

  test('stopped between two chunks shows nothing, goes on from there, and shows all', async () => {
    await compute(day(3));
    let staged = 0;
    const failing: OnlineStore = {
      ...store,
      stage: async (...args) => {
        if (staged === 3) throw new Error('killed');
        staged += 1;
        await store.stage(...args);
      },
    };
    await expect(bring({ end: day(3), chunk: 1 }, failing)).rejects.toThrow('killed');
    expect(await online(1, 2, 3)).toEqual([undefined, undefined, undefined]);
    expect(await bring({ end: day(3), chunk: 1 })).toEqual({ online: 2, start: null });
    expect(await online(1, 2, 3, 4, 5)).toEqual(['4.0 x 1', '2.0 x 1', 'null x 0', 'null x 0', 'null x 0']);
  });

  test('two at once take turns, and both end well', async () => {
    await compute(day(3));
    const runs = await Promise.all([
      bring({ end: day(3), run: 'a', chunk: 1, full: true }),
      bring({ end: day(3), run: 'b', chunk: 1, full: true }),
    ]);
    expect(runs).toEqual([
      { online: 5, start: null },
      { online: 5, start: null },
    ]);
    expect(await online(1, 2)).toEqual(['4.0 x 1', '2.0 x 1']);
  });

  test('waits while the view is reserved for another run, unless that is taken by force', async () => {
    const { pool } = database;
    const reserve = (owner: string, force = false) => reserveViews(pool, { views: [VIEW.name, 'user_features'], owner, force });
    expect(await reserve('a')).toEqual([]);
    expect(await reserveViews(pool, { views: [VIEW.name], owner: 'b', force: false })).toEqual([VIEW.name]);
    await expect(bring({ end: day(3), run: 'b', signal: AbortSignal.timeout(600) })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await reserve('b', true)).toEqual([]);
    await compute(day(3));
    expect(await bring({ end: day(3), run: 'b' })).toEqual({ online: 5, start: null });
    const { rows } = await pool.query('select view, state from feature_materializations order by view');
    expect(rows).toEqual([
      { view: VIEW.name, state: 'AVAILABLE_ONLINE' },
      { view: 'user_features', state: 'MATERIALIZING' },
    ]);
  });

  test('run twice, its activities leave one effect', async () => {
    const activities = createMaterializationActivities({ pool: database.pool, store, definitions: DEFINITIONS, log: silentLog });
    const window = { view: VIEW.name, end: day(3).toISOString(), full: true };
    const twice = async <T>(body: (of: MaterializationActivities) => Promise<T>) => {
      const answers: unknown[] = [];
      for (let n = 0; n < 2; n += 1) await new MockActivityEnvironment().run(async () => void answers.push(await body(activities)));
      return answers;
    };
    expect(await twice((of) => of.computeFeatures(window))).toEqual([
      { view: VIEW.name, computed: 7 },
      { view: VIEW.name, computed: 0 },
    ]);
    expect(await twice((of) => of.bringOnline(window))).toEqual(Array(2).fill({ view: VIEW.name, online: 5, start: null }));
    expect(await online(1, 2)).toEqual(['4.0 x 1', '2.0 x 1']);
    expect(await twice((of) => of.resolveViews(undefined))).toEqual(Array(2).fill(DEFINITIONS.views.map(({ name }) => name)));
    await expect(twice((of) => of.resolveViews(['movie_feature']))).rejects.toMatchObject({ type: 'InvalidSpec' });
  });

  if (redis) {
    test('fills a store that was emptied from the beginning', async () => {
      await compute(day(3));
      await bring({ end: day(3) });
      await emptyRedis(redis);
      expect(await bring({ end: day(4) })).toEqual({ online: 5, start: null });
      expect(await online(1)).toEqual(['4.0 x 1']);
    });
  }
});

describeWithRedis('materialization', (redis) => {
  test('a run by the API brings a view online up to now and no further, also when Redis is killed and comes back meanwhile', async () => {
    const [database, temporal, ports] = await Promise.all([createTestDatabase(), createTestTemporal(), freePorts(1)]);
    await database.pool.query(
      `insert into movies (movie_id, title, release_year, genres, source) select n, 'Movie ' || n, 1999, '{Drama}', 'test' from generate_series(1, 5000) n`,
    );
    const worker = await startProcess('workers/control', ports[0]!, {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      REDIS_URL: redis.url,
      WORKER_CONTROL_METRICS_PORT: String(ports[0]),
    });
    const { address, namespace } = temporal;
    const api = await startTestApi({
      database: { url: database.url, poolSize: 4, external: true },
      temporal: { address, namespace, external: true },
    });
    await redis.kill();
    await api.call('POST', '/api/v1/runs', {
      json: { workflow: 'featureMaterialization', run: 'all', input: { views: ['movie_features'], end: '2099-01-01T00:00:00Z' } },
    });
    const show = async () => (await api.call<RunDetail>('GET', '/api/v1/runs/materialize/all')).body;
    await waitFor('a failed attempt', async () =>
      (await show()).steps.find(({ step, state }) => step === 'bring_online' && state === 'failed'),
    );
    await redis.start();
    const run = await waitFor('the end', async () => ((await show()).ended_at ? show() : undefined));
    expect(run).toMatchObject({
      state: 'success',
      result: { views: [{ view: 'movie_features', computed: 5000, online: 5000, start: null }] },
    });
    // What is still to come is left for later runs.
    const { rows: brought } = await database.pool.query<{ to: Date }>(
      'select materialized_to as to from feature_materializations union all select computed_to from feature_view_state',
    );
    expect(brought.map(({ to }) => to.getTime() <= Date.now())).toEqual([true, true]);
    const schedule = await waitFor('the schedule', () => temporal.client.schedule.getHandle('feature-materialization').describe());
    expect(schedule.action).toMatchObject({ workflowType: 'featureMaterialization' });
    await worker.end();
    await api.stop();
    await temporal.close();
    await database.drop();
  });
});

describe("Feast's way to materialize", () => {
  let database: TestDatabase;
  let temporal: TestTemporal;
  let worker: TestProcess;
  let feast: TestApi;
  beforeAll(async () => {
    const [ours, theirs, [port = 0]] = await Promise.all([createTestDatabase(), createTestTemporal(), freePorts(1)]);
    [database, temporal] = [ours, theirs];
    const { address, namespace } = temporal;
    await database.pool.query(`insert into movies (movie_id, title, release_year, source) values (1, 'Movie 1', 1999, 'test')`);
    worker = await startProcess('workers/control', port, {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      WORKER_CONTROL_METRICS_PORT: String(port),
    });
    const settings = { database: { url: database.url, poolSize: 4, external: true }, temporal: { address, namespace, external: true } };
    feast = await startTestApi(settings, createFeastApi);
  });
  afterAll(async () => {
    await worker.end();
    await feast.stop();
    await temporal.close();
    await database.drop();
  });

  test('its calls start runs: one waits, async is 202, a busy view is 409 without force', async () => {
    const call = async (path: string, json: object) => {
      const { status, body } = await feast.call<unknown>('POST', path, { json });
      return [status, body];
    };
    const feature_views = ['movie_features'];
    const window = { start_ts: '1990-01-01T00:00:00', end_ts: '2026-01-01T00:00:00', feature_views };
    expect(await call('/materialize', window)).toEqual([200, null]);
    const entities = { movie_id: [1] };
    const read = { features: ['movie_features:release_year'], entities };
    expect((await call('/get-online-features', read))[1]).toMatchObject({ results: [{}, { values: [1999] }] });

    await reserveViews(database.pool, { views: feature_views, owner: 'another', force: false });
    const incremental = { end_ts: '2026-01-02T00:00:00', feature_views };
    expect(await call('/materialize-incremental?async=true', incremental)).toEqual([
      409,
      {
        error:
          "Cannot start async materialization — the following feature views are already in MATERIALIZING state: ['movie_features']. Use ?force=true to override.",
        feature_views,
      },
    ]);
    expect(await call('/materialize-incremental?async=true&force=true', incremental)).toEqual([202, { status: 'accepted', feature_views }]);
    await waitFor('the forced run', async () => {
      const { rows } = await database.pool.query(
        `select from feature_materializations where state = 'AVAILABLE_ONLINE' and materialized_to = '2026-01-02Z'`,
      );
      return rows.length === 1;
    });
    expect(await call('/materialize', { ...window, end_ts: window.start_ts })).toEqual([
      422,
      expect.stringContaining('must be before end_ts'),
    ]);
    expect(await call('/materialize', { feature_views })).toEqual([422, expect.stringContaining('start_ts and end_ts are required')]);
    expect(await call('/materialize-incremental', { ...incremental, end_ts: 'x' })).toEqual([
      422,
      expect.stringContaining('Unknown string format: x'),
    ]);
    expect(await call('/materialize-incremental', { ...incremental, feature_views: ['nothing'] })).toEqual([
      404,
      expect.stringContaining('FeatureViewNotFoundException'),
    ]);
  });

  test('is open to its Python client and its command line, which wait for the run and say why there is none', async () => {
    await database.pool.query(`insert into movies (movie_id, title, release_year, source) values (2, 'Movie 2', 2001, 'test')`);
    await reserveViews(database.pool, { views: ['user_features'], owner: 'another', force: false });
    const files = ['feature_store.yaml', 'definitions.py'];
    const contents = await Promise.all(files.map(async (file) => (await fetch(`${feast.url}/${file}`)).text()));
    const repository = await createFeastRepository(Object.fromEntries(files.map((file, n) => [file, contents[n]!])));
    const asked = new Date();
    const output = await repository.python(path.join(import.meta.dirname, 'feast', 'materialize.py'));
    await repository.remove();
    expect(JSON.parse(output.slice(output.lastIndexOf('\n{') + 1))).toEqual({
      before: null,
      after: 2001,
      failures: {
        unknown: ['RuntimeError', expect.stringContaining('Feature view nothing does not exist')],
        reversed: ['RuntimeError', expect.stringContaining('must be before end_ts')],
        busy: ['RuntimeError', expect.stringContaining("already in MATERIALIZING state: ['user_features']")],
      },
    });
    const sql = 'select input, state from runs where created_at >= $1 order by created_at';
    const rows = await waitFor('the ledger to hear of their ends', async () => {
      const runs = (await database.pool.query<{ input: object; state: string }>(sql, [asked])).rows;
      return runs.some(({ state }) => state === 'queued' || state === 'running') ? undefined : runs;
    });
    const common = { views: ['movie_features'], full: false };
    expect(rows).toEqual(
      [
        { ...common, start: '1990-01-01T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' },
        { ...common, end: '2026-01-04T00:00:00.000Z' },
        { ...common, end: '2026-01-05T00:00:00.000Z' },
        { ...common, start: '1990-01-01T00:00:00.000Z', end: '2026-01-06T00:00:00.000Z' },
      ].map((input) => ({ input, state: 'success' })),
    );
  });
});
