import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { modelSpecSchema } from '../../contracts/models.ts';
import type { ModelRef } from '../../contracts/training.ts';
import { lookAtMirror } from '../../deploy/local/stack/reach/mirror.ts';
import { readMirror } from '../../domain/mirror/marks.ts';
import { mirrorRegistry } from '../../domain/mirror/mirrorRegistry.ts';
import { removeAlias, setAlias } from '../../domain/registry/aliases.ts';
import { registerTrainedModel } from '../../domain/registry/register.ts';
import { closeSweepRun, openSweepRun, recordTrialRun } from '../../domain/registry/sweeps.ts';
import { setVersionTags } from '../../domain/registry/versions.ts';
import { readConfig } from '../../platform/config.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createMlflowServer, type MlflowServer } from '../../platform/mlflowServer.ts';
import { mirrorToServer } from '../../workers/control/mirror.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { waitFor } from '../support/waitFor.ts';

/** The mirror is this platform's own MLflow surface on another database; `npm run test:mlflow` has MLflow's own server. */
let ours: TestDatabase;
let theirs: TestDatabase;
let mirror: TestApi;
beforeAll(async () => {
  [ours, theirs] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  mirror = await startTestApi({ database: { url: theirs.url, poolSize: 4, external: true } }, createMlflowApi);
});
afterAll(async () => {
  await mirror?.stop();
  await Promise.all([ours?.drop(), theirs?.drop()]);
});
beforeEach(async () => {
  await ours.pool.query('truncate registered_models, registry_runs, registry_mirrors, registry_mirrored, registry_changes cascade');
  await theirs.pool.query('truncate registered_models, registry_runs cascade');
});

const SOURCES = 's3://ours/models'; // an address with a host is what our own surface does not take as a source

function register(run: string, passed = true, name: ModelRef['name'] = 'neural_cf') {
  const about = { kind: 'neural_cf' as const, name };
  return registerTrainedModel(ours, {
    origin: `training/${run}/${name}`,
    experiment: "movie's",
    spec: modelSpecSchema.parse({ kind: 'neural_cf', epochs: 5 }),
    model: {
      ...about,
      ...{ uri: `blob:trained/neural_cf/${run}`, digest: `digest-${run}`, bytes: 10, train_ms: 1200, backend: 'cpu' },
      ...{ history_uri: 'blob:runs/history.json', resumed_from_epoch: null },
    },
    report: {
      ...about,
      ...{ uri: `blob:reports/${run}`, html_uri: `blob:reports/${run}.html`, metrics: { ndcg_at_10: 0.4 }, baseline: {} },
      evidence: { gain_over_popularity: null, champion: null, latency_ms: 1 },
    },
    history: [1, 2].map((step) => ({
      key: 'loss',
      value: step === 1 ? 1 : NaN,
      step,
      recordedAt: new Date(Date.UTC(2026, 10, 23, 0, step)),
    })),
    tags: { snapshot_id: 'abc' },
    judge: () => ({ passed, rules: [] }),
  });
}

const signal = new AbortController().signal;
const serverAt = (url: string) => createMlflowServer({ url, token: undefined, user: undefined }, signal);
const turn = (server: MlflowServer, owner = 'a') => mirrorRegistry({ pool: ours.pool, server, sources: SOURCES, owner });
const mirrorNow = () => turn(serverAt(mirror.url));
const state = () => readMirror(ours.pool, mirror.url);

type Entry = { key: string; value: unknown };
interface Run {
  info: { run_id: string; run_name: string; status: string; end_time?: number };
  data: { params?: Entry[]; tags?: Entry[]; metrics?: Entry[] };
}
interface Version {
  name: string;
  version: string;
  source: string;
  run_id: string;
  aliases?: string[];
  tags?: Entry[];
}
const get = <T>(path: string, json: unknown) => mirror.call<T>('POST', `/api/2.0/mlflow${path}`, { json });
async function runsThere(): Promise<Run[]> {
  const { body } = await mirror.call<{ experiment: { experiment_id: string } }>(
    'GET',
    `/api/2.0/mlflow/experiments/get-by-name?experiment_name=${encodeURIComponent("movie's")}`,
  );
  const found = await get<{ runs?: Run[] }>('/runs/search', { experiment_ids: [body.experiment.experiment_id] });
  return found.body.runs ?? [];
}
async function versionsThere(): Promise<Version[]> {
  const all = await mirror.call<{ model_versions?: Version[] }>('GET', '/api/2.0/mlflow/model-versions/search');
  const whole = (all.body.model_versions ?? []).map(({ name, version }) =>
    mirror.call<{ model_version: Version }>('GET', `/api/2.0/mlflow/model-versions/get?name=${name}&version=${version}`),
  );
  return (await Promise.all(whole)).map(({ body }) => body.model_version);
}
const asObject = (entries: readonly Entry[] = []) => Object.fromEntries(entries.map(({ key, value }) => [key, value]));

describe('what is logged', () => {
  test('a run with its params, metrics by step, tags and status, and its version with aliases, tags and where it is fetched', async () => {
    const { registry_run_id: runId } = await register('a1');
    expect(await mirrorNow()).toEqual({ logged: 2, refused: 0, failure: null, hasMore: false });

    const [run] = await runsThere();
    expect(run).toMatchObject({ info: { run_name: 'training/a1/neural_cf', status: 'FINISHED', end_time: expect.any(Number) } });
    expect(asObject(run!.data.params)).toMatchObject({ kind: 'neural_cf', epochs: '5' });
    expect(asObject(run!.data.tags)).toMatchObject({ 'movie_mlops.run_id': runId, snapshot_id: 'abc', digest: 'digest-a1' });
    expect(asObject(run!.data.metrics)).toMatchObject({ ndcg_at_10: 0.4, train_ms: 1200 });
    const history = await mirror.call<{ metrics: { step: number; value: unknown }[] }>(
      'GET',
      `/api/2.0/mlflow/metrics/get-history?run_id=${run!.info.run_id}&metric_key=loss`,
    );
    expect(history.body.metrics.map(({ step, value }) => [step, value])).toEqual([
      [1, 1],
      [2, 'NaN'],
    ]);
    const [version] = await versionsThere();
    expect(version).toMatchObject({ name: 'neural_cf', version: '1', source: `${SOURCES}/versions/neural_cf/1`, run_id: run!.info.run_id });
    expect(version!.aliases).toEqual(['champion']);
    expect(asObject(version!.tags)).toEqual({
      digest: 'digest-a1',
      'movie_mlops.run_id': runId,
      'movie_mlops.source': `${SOURCES}/versions/neural_cf/1`,
      'movie_mlops.version': '1',
    });
    expect(await state()).toMatchObject({ failure: null, behind: { runs: 0, versions: 0 }, refused: [] });
  });

  test('an alias that moves or is taken away, and tags that come later, are brought there; nothing else is asked again', async () => {
    await register('a1');
    await mirrorNow();
    await register('a2');
    await setVersionTags(ours.pool, 'neural_cf', '2', { winner_of: 'training/a2' });
    expect(await state()).toMatchObject({ behind: { runs: 1, versions: 2 } });
    await mirrorNow();
    expect((await versionsThere()).map(({ version, aliases = [] }) => [version, aliases])).toEqual([
      ['2', ['champion']],
      ['1', []],
    ]);
    expect(asObject((await versionsThere())[0]!.tags)).toMatchObject({ winner_of: 'training/a2' });
    await setAlias(ours.pool, { name: 'neural_cf', alias: 'champion', version: '1' });
    await mirrorNow();
    expect((await versionsThere()).map(({ aliases = [] }) => aliases)).toEqual([[], ['champion']]);
    await removeAlias(ours.pool, 'neural_cf', 'champion');
    await mirrorNow();
    expect((await versionsThere()).flatMap(({ aliases = [] }) => aliases)).toEqual([]);
    expect(await mirrorNow()).toMatchObject({ logged: 0 });
  });

  test('a sweep and its trials under it, while it runs and when it has ended', async () => {
    const sweep = { origin: 'sweep/s1', experiment: "movie's" };
    const parentRunId = await openSweepRun(ours.pool, { ...sweep, params: { strategy: 'halving' }, tags: {} });
    await mirrorNow();
    expect((await runsThere()).map(({ info }) => info.status)).toEqual(['RUNNING']);
    const trial = { origin: 'sweep/s1/trial-1', experiment: "movie's", parentRunId, metric: 'ndcg', outcome: null, tags: {} };
    await recordTrialRun(ours.pool, { ...trial, spec: modelSpecSchema.parse({ kind: 'popularity' }) });
    await closeSweepRun(ours.pool, parentRunId, 'FINISHED', { best: '1' });
    await mirrorNow();
    const runs = await runsThere();
    const parent = runs.find(({ info }) => info.run_name === 'sweep/s1')!;
    expect(parent).toMatchObject({ info: { status: 'FINISHED' } });
    const child = runs.find(({ info }) => info.run_name === 'sweep/s1/trial-1')!;
    expect(child).toMatchObject({ info: { status: 'FAILED' } });
    expect(asObject(child.data.tags)).toMatchObject({ 'mlflow.parentRunId': parent.info.run_id });
  });

  test("nothing of other clients' runs and versions", async () => {
    await mirror.call('POST', '/api/2.0/mlflow/experiments/create', { json: { name: "movie's" } });
    await ours.pool.query(
      `insert into registry_runs (registry_run_id, experiment_id, name, user_id, status) values (repeat('c', 32), 0, 'mine', 'anna', 'FINISHED')`,
    );
    expect(await mirrorNow()).toMatchObject({ logged: 0 });
  });
});

describe('a kill', () => {
  test('after any request, answered or not, leaves one run and one version with everything when it goes on', async () => {
    class Killed extends Error {}
    const dyingAfter = (requests: number): MlflowServer => {
      const server = serverAt(mirror.url);
      let left = requests;
      return {
        url: server.url,
        async ask(...request) {
          const answer = await server.ask(...request);
          left -= 1;
          if (left < 0) throw new Killed(); // the server did it, and nobody heard
          return answer;
        },
      };
    };
    let cases = 0;
    for (let isWhole = false; !isWhole; cases += 1) {
      await register(`k${cases}`);
      isWhole = await turn(dyingAfter(cases), `killed-${cases}`).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Killed) return false;
          throw error;
        },
      );
      await ours.pool.query(`update registry_mirrors set leased_until = '-infinity'`); // as when its lease has run out
      await mirrorNow();
    }
    expect(cases).toBeGreaterThan(12);
    const runs = await runsThere();
    expect(runs.map(({ info }) => info.run_name).sort()).toEqual(
      Array.from({ length: cases }, (_, at) => `training/k${at}/neural_cf`).sort(),
    );
    expect(runs.every(({ info }) => info.status === 'FINISHED')).toBe(true);
    const versions = await versionsThere();
    expect(versions.map(({ version, source, aliases = [] }) => [version, source, aliases])).toEqual(
      Array.from({ length: cases }, (_, at) => [
        `${cases - at}`,
        `${SOURCES}/versions/neural_cf/${cases - at}`,
        at === 0 ? ['champion'] : [],
      ]),
    );
    const points = await theirs.pool.query<{ n: string }>('select count(*)::int as n from registry_run_metrics');
    const own = await ours.pool.query<{ n: string }>('select count(*)::int as n from registry_run_metrics');
    expect(points.rows).toEqual(own.rows);
  });

  test('two processes do not log at the same time; another goes on where the lease has run out', async () => {
    await register('a1');
    await ours.pool.query(`insert into registry_mirrors (target, owner, leased_until) values ($1, 'other', now() + interval '1 hour')`, [
      mirror.url,
    ]);
    expect(await mirrorNow()).toBeNull();
    expect(await versionsThere()).toEqual([]);
    await ours.pool.query(`update registry_mirrors set leased_until = now()`);
    expect(await mirrorNow()).toMatchObject({ logged: 2 });
  });
});

describe('what the mirror does not take', () => {
  test('a source with a host becomes the run, and the tag says where the version is fetched', async () => {
    await register('a1');
    const sources = 'http://127.0.0.1:5000/ajax-api/2.0/mlflow-artifacts/artifacts';
    expect(await mirrorRegistry({ pool: ours.pool, server: serverAt(mirror.url), sources, owner: 'a' })).toMatchObject({ logged: 2 });
    const [version] = await versionsThere();
    expect(version).toMatchObject({ source: `runs:/${version!.run_id}/model`, aliases: ['champion'] });
    expect(asObject(version!.tags)).toMatchObject({ 'movie_mlops.source': `${sources}/versions/neural_cf/1` });
  });

  test('is told with the reason and holds nothing else up', async () => {
    await register('a1', true, 'popularity');
    await register('a2', true, 'ease');
    await mirror.call('POST', '/api/2.0/mlflow/experiments/create', { json: { name: "movie's" } });
    const server = serverAt(mirror.url);
    const picky: MlflowServer = {
      url: server.url,
      ask: (method, path, content, answer) =>
        path === '/model-versions/create' && content['name'] === 'popularity'
          ? server.ask(method, path, { ...content, source: 'file:///etc' }, answer)
          : server.ask(method, path, content, answer),
    };
    expect(await turn(picky)).toMatchObject({ logged: 3, refused: 1, failure: null });
    expect((await versionsThere()).map(({ name }) => name)).toEqual(['ease']);
    expect(await state()).toMatchObject({
      behind: { runs: 0, versions: 1 },
      refused: [expect.stringMatching(/^version popularity\/1: INVALID_PARAMETER_VALUE: /)],
    });
    expect(await mirrorNow()).toMatchObject({ logged: 0, refused: 0 }); // not offered again at once
    await ours.pool.query(`update registry_mirrored set tried_at = now() - interval '1 hour'`);
    expect(await mirrorNow()).toMatchObject({ logged: 1 });
  });

  test('what somebody removed there is logged anew when it changes', async () => {
    await register('a1');
    await mirrorNow();
    await theirs.pool.query('truncate registered_models, registry_runs cascade');
    await setVersionTags(ours.pool, 'neural_cf', '1', { later: 'yes' });
    await mirrorNow();
    expect((await versionsThere()).map(({ name, version }) => [name, version])).toEqual([['neural_cf', '1']]);
  });
});

describe('the control worker', () => {
  let proxy: Proxy;
  let stop: (() => Promise<unknown>)[] = [];
  beforeEach(async () => void (proxy = await createProxy(mirror.url)));
  afterEach(async () => {
    await Promise.all(stop.map((close) => close()));
    stop = [];
    await proxy.cut();
  });
  const start = (uri: string) => {
    const config = readConfig({ DATABASE_URL: ours.url, MLFLOW_MIRROR_URI: uri, MLFLOW_MIRROR_SOURCES: SOURCES });
    const metrics = createMetrics('worker-control');
    const onShutdown = (_step: string, close: () => Promise<unknown>) => void stop.push(close);
    mirrorToServer({ config, log: silentLog, metrics, onShutdown }, ours.pool);
    return { config, metrics, target: config.mirror!.url };
  };

  test('logs soon after a registration, is not stopped by a server that is away, and catches up when it is back', async () => {
    const { config, metrics, target } = start(proxy.url);
    await register('a1');
    await waitFor('the first version', async () => (await versionsThere()).length === 1);
    await waitFor('it to be marked', async () => (await readMirror(ours.pool, target)).behind.versions === 0);

    await proxy.cut();
    await expect(register('a2')).resolves.toMatchObject({ version: '2', champion: true });
    const away = await waitFor('it to be missed', async () => {
      const now = await readMirror(ours.pool, target);
      return now.failure !== null && now;
    });
    expect(away).toMatchObject({ failure: expect.stringContaining('does not answer'), behind: { runs: 1, versions: 2 } });
    await expect(lookAtMirror(config)).rejects.toThrow(/does not answer/);
    await waitFor(
      'the gauge',
      async () =>
        (await metrics.metrics()).includes('registry_mirror_reached{process="worker-control"} 0') ||
        (await metrics.metrics()).match(/registry_mirror_reached\S* 0/),
    );

    await proxy.restore();
    await setAlias(ours.pool, { name: 'neural_cf', alias: 'best', version: '2' }); // a change wakes it
    await waitFor('the second version', async () => (await versionsThere()).length === 2);
    await waitFor('all of it', async () => (await readMirror(ours.pool, target)).behind.versions === 0);
    expect((await versionsThere())[0]).toMatchObject({ version: '2', aliases: ['best', 'champion'] });
    expect(await lookAtMirror(config)).toContain('answers');
  });

  test('MLFLOW_TRACKING_URI, which our users export, starts nothing', () => {
    const config = readConfig({ MLFLOW_TRACKING_URI: proxy.url, MLFLOW_TRACKING_TOKEN: 'secret' });
    expect(config.mirror).toBeUndefined();
    mirrorToServer(
      {
        config,
        log: silentLog,
        metrics: createMetrics('worker-control'),
        onShutdown: () => {
          throw new Error('it started');
        },
      },
      ours.pool,
    );
  });
});

describe('the API', () => {
  test('says whether the mirror is reached and how far behind it is', async () => {
    const settings = readConfig({ MLFLOW_MIRROR_URI: 'http://anna:secret@127.0.0.1:1/ml' }).mirror;
    const api = await startTestApi({ database: { url: ours.url, poolSize: 2, external: true }, mirror: settings });
    await register('a1');
    await mirrorRegistry({ pool: ours.pool, server: serverAt(settings!.url), sources: SOURCES, owner: 'a' });
    expect((await api.call('GET', '/api/v1/registry/mirror')).body).toEqual({
      mirror: {
        target: 'http://127.0.0.1:1/ml',
        reached_at: null,
        failure: expect.stringContaining('does not answer'),
        behind: { runs: 1, versions: 1 },
        refused: [],
      },
    });
    await api.stop();
  });
});

describe('who logs', () => {
  let server: Server;
  const seen: (string | undefined)[] = [];
  let status = 200;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(status, { location: mirror.url }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test.each<[string, Record<string, string>, string]>([
    ['a user in the address', { MLFLOW_MIRROR_URI: 'http://anna:p%40ss@HOST' }, `Basic ${Buffer.from('anna:p@ss').toString('base64')}`],
    [
      'a user beside it',
      { MLFLOW_MIRROR_URI: 'http://HOST', MLFLOW_MIRROR_USERNAME: 'anna', MLFLOW_MIRROR_PASSWORD: 'pass' },
      `Basic ${Buffer.from('anna:pass').toString('base64')}`,
    ],
    ['a token', { MLFLOW_MIRROR_URI: 'http://HOST', MLFLOW_MIRROR_TOKEN: 'secret' }, 'Bearer secret'],
  ])('%s is sent as such', async (_, env, expected) => {
    const { mirror: settings } = readConfig({ ...env, MLFLOW_MIRROR_URI: env['MLFLOW_MIRROR_URI']!.replace('HOST', url) });
    status = 200;
    await turn(createMlflowServer(settings!, signal));
    expect(seen.at(-1)).toBe(expected);
    expect(settings!.url).toBe(`http://${url}`);
  });

  test.each([
    [401, /does not let us in \(status 401\)/],
    [302, /does not answer/],
    [503, /with status 503/],
    [404, /with status 404/],
  ])('status %s is told as a server that cannot be logged to', async (given, reason) => {
    status = given;
    expect(await turn(serverAt(`http://${url}`))).toMatchObject({ failure: expect.stringMatching(reason) });
  });
});
