import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { modelSpecSchema } from '../../contracts/models.ts';
import type { ModelRef } from '../../contracts/training.ts';
import { lookAtMirror } from '../../deploy/local/stack/reach/mirror.ts';
import type { FileSource } from '../../domain/mirror/files.ts';
import { readMirror } from '../../domain/mirror/marks.ts';
import { mirrorRegistry } from '../../domain/mirror/mirrorRegistry.ts';
import { removeAlias, setAlias } from '../../domain/registry/aliases.ts';
import { moveClientRun, updateClientRun } from '../../domain/registry/clientRuns.ts';
import { registerTrainedModel } from '../../domain/registry/register.ts';
import { deleteModel, describeModel, setModelTag } from '../../domain/registry/registeredModels.ts';
import { resetRegistry } from '../../domain/registry/reset.ts';
import { closeSweepRun, openSweepRun, recordTrialRun } from '../../domain/registry/sweeps.ts';
import { deleteVersion } from '../../domain/registry/versionChanges.ts';
import { setVersionTags, transitionStage } from '../../domain/registry/versions.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { readConfig } from '../../platform/config.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { FileFailed, FileRefused } from '../../platform/mlflowFiles.ts';
import { createMlflowServer, type MlflowServer } from '../../platform/mlflowServer.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { mirrorToServer } from '../../workers/control/mirror.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { waitFor } from '../support/waitFor.ts';

/** The mirror is this platform's own MLflow surface on another database; `npm run test:mlflow` has MLflow's own server. */
let ours: TestDatabase;
let theirs: TestDatabase;
let mirror: TestApi;
let folder: string;
let files: FileSource;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops mirror '));
  files = { blobs: createBlobStore(`file:${folder}/ours`), most: 1_000_000 };
  [ours, theirs] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const settings = { database: { url: theirs.url, poolSize: 4, external: true }, blobUrl: `file:${folder}/theirs` };
  mirror = await startTestApi(settings, createMlflowApi);
});
afterAll(async () => {
  await mirror?.stop();
  await Promise.all([ours?.drop(), theirs?.drop()]);
  await rm(folder, { recursive: true, force: true });
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
const turn = (server: MlflowServer, owner = 'a') => mirrorRegistry({ pool: ours.pool, server, sources: SOURCES, files, owner });
/** A server before which somebody stands who sees each request, before it or after. */
function watched(server: MlflowServer, { before, after }: { before?: (path: string) => void; after?: () => void }): MlflowServer {
  const pass = async <T>(path: string, asked: () => Promise<T>) => {
    before?.(path);
    const answer = await asked();
    after?.();
    return answer;
  };
  return {
    url: server.url,
    ask: (method, path, content, answer) => pass(path, () => server.ask(method, path, content, answer)),
    listFiles: (at) => pass('list', () => server.listFiles(at)),
    putFile: (at, file) => pass('put', () => server.putFile(at, file)),
  };
}
const mirrorNow = () => turn(serverAt(mirror.url));
const state = () => readMirror(ours.pool, mirror.url);

type Entry = { key: string; value: unknown };
interface Run {
  info: { run_id: string; run_name: string; status: string; lifecycle_stage: string; end_time?: number };
  data: { params?: Entry[]; tags?: Entry[]; metrics?: Entry[] };
}
interface Version {
  name: string;
  version: string;
  source: string;
  current_stage: string;
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
  const found = await get<{ runs?: Run[] }>('/runs/search', { experiment_ids: [body.experiment.experiment_id], run_view_type: 'ALL' });
  return found.body.runs ?? [];
}
async function versionsThere(): Promise<Version[]> {
  const all = await mirror.call<{ model_versions?: Version[] }>('GET', '/api/2.0/mlflow/model-versions/search');
  const whole = (all.body.model_versions ?? []).map(({ name, version }) =>
    mirror.call<{ model_version: Version }>('GET', `/api/2.0/mlflow/model-versions/get?name=${name}&version=${version}`),
  );
  return (await Promise.all(whole)).map(({ body }) => body.model_version);
}
async function modelsThere(): Promise<string[]> {
  const { body } = await mirror.call<{ registered_models?: { name: string }[] }>('GET', '/api/2.0/mlflow/registered-models/search');
  return (body.registered_models ?? []).map(({ name }) => name).sort();
}
const asObject = (entries: readonly Entry[] = []) => Object.fromEntries(entries.map(({ key, value }) => [key, value]));

describe('what is logged', () => {
  test('a run with its params, metrics by step, tags and status, and its version with aliases, tags and where it is fetched', async () => {
    const { registry_run_id: runId } = await register('a1');
    expect(await mirrorNow()).toEqual({ logged: 3, refused: 0, failure: null, hasMore: false });

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
    expect(await state()).toMatchObject({ failure: null, behind: { runs: 0, models: 0, versions: 0 }, refused: [] });
  });

  test('an alias that moves or is taken away, and tags that come later, are brought there; nothing else is asked again', async () => {
    await register('a1');
    await mirrorNow();
    await register('a2');
    await setVersionTags(ours.pool, 'neural_cf', '2', { winner_of: 'training/a2' });
    expect(await state()).toMatchObject({ behind: { runs: 1, models: 0, versions: 2 } });
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

  test('stages, the description of a model and its tags', async () => {
    await register('a1');
    await register('a2');
    await mirrorNow();
    const promote = (version: string) =>
      withTransaction(ours.pool, (db) => transitionStage(db, { name: 'neural_cf', version, stage: 'Production', archiveOthers: true }));
    await promote('1');
    expect(await state()).toMatchObject({ behind: { runs: 0, models: 0, versions: 1 } });
    await mirrorNow();
    const shown = async () => (await versionsThere()).map(({ version, current_stage }) => `${version} ${current_stage}`).sort();
    expect(await shown()).toEqual(['1 Production', '2 None']);
    await promote('2');
    await mirrorNow();
    expect(await shown()).toEqual(['1 Archived', '2 Production']);

    await describeModel(ours.pool, 'neural_cf', 'two towers');
    await setModelTag(ours.pool, 'neural_cf', 'team', 'films');
    expect(await mirrorNow()).toMatchObject({ logged: 1 });
    const { body } = await mirror.call<{ registered_model: { description: string; tags: Entry[] } }>(
      'GET',
      '/api/2.0/mlflow/registered-models/get?name=neural_cf',
    );
    expect(body.registered_model.description).toBe('two towers');
    expect(asObject(body.registered_model.tags)).toEqual({ team: 'films', 'movie_mlops.model': 'neural_cf' });
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

describe('what is deleted', () => {
  const stages = async () => (await runsThere()).map(({ info }) => info.lifecycle_stage);
  const theirCall = async (method: 'GET' | 'POST' | 'DELETE', path: string, json: unknown) =>
    expect(await mirror.call(method, `/api/2.0/mlflow${path}`, { json })).toMatchObject({ status: 200 });
  const deleteWhole = (name: string) =>
    withTransaction(ours.pool, async (db) => {
      await removeAlias(db, name, 'champion');
      expect(await deleteModel(db, name)).toBe('deleted');
    });

  test('runs go where their readers may bring them back, and come back as they are then', async () => {
    const { registry_run_id: id } = await register('a1');
    await mirrorNow();
    await moveClientRun(ours.pool, id, 'deleted');
    expect(await state()).toMatchObject({ behind: { runs: 1 } });
    await mirrorNow();
    expect(await stages()).toEqual(['deleted']);
    expect(await mirrorNow()).toMatchObject({ logged: 0 });
    await moveClientRun(ours.pool, id, 'active');
    await updateClientRun(ours.pool, id, { status: null, endedAt: null, name: 'back' });
    await mirrorNow();
    expect((await runsThere()).map(({ info }) => [info.lifecycle_stage, info.run_name])).toEqual([['active', 'back']]);
    expect(await mirrorNow()).toMatchObject({ logged: 0 });
  });

  test('a run that was deleted before it was ever logged is not logged', async () => {
    const { registry_run_id: id } = await register('a1');
    await moveClientRun(ours.pool, id, 'deleted');
    await mirrorNow();
    expect(await runsThere()).toEqual([]);
    expect((await versionsThere()).map(({ version, run_id }) => [version, run_id])).toEqual([['1', undefined]]);
  });

  test('versions go, and with the last one their model', async () => {
    await register('a1');
    await register('a2');
    await mirrorNow();
    await withTransaction(ours.pool, (db) => deleteVersion(db, 'neural_cf', '1'));
    expect(await state()).toMatchObject({ behind: { versions: 1 } });
    await mirrorNow();
    expect((await versionsThere()).map(({ version, aliases }) => [version, aliases])).toEqual([['2', ['champion']]]);
    await deleteWhole('neural_cf');
    await mirrorNow();
    expect(await versionsThere()).toEqual([]);
    expect(await modelsThere()).toEqual([]);
    expect(await stages()).toEqual(['active', 'active']);
    expect(await state()).toMatchObject({ behind: { runs: 0, models: 0, versions: 0 } });
  });

  test('a model without versions goes when it is deleted', async () => {
    await register('a1', false);
    await mirrorNow();
    await withTransaction(ours.pool, (db) => deleteVersion(db, 'neural_cf', '1'));
    await mirrorNow();
    expect(await modelsThere()).toEqual(['neural_cf']);
    await withTransaction(ours.pool, (db) => deleteModel(db, 'neural_cf'));
    await mirrorNow();
    expect(await modelsThere()).toEqual([]);
  });

  test('a number that is given again is another version there', async () => {
    await register('a1');
    await mirrorNow();
    await deleteWhole('neural_cf');
    const { registry_run_id: id } = await register('a2');
    await mirrorNow();
    const [version, ...others] = await versionsThere();
    expect(others).toEqual([]);
    expect(asObject(version!.tags)).toMatchObject({ 'movie_mlops.run_id': id, 'movie_mlops.version': '1', digest: 'digest-a2' });
  });

  test('a model that others made, their versions, and their aliases of ours stay', async () => {
    await theirCall('POST', '/registered-models/create', { name: 'ease' });
    await register('a1', true, 'ease');
    await register('a2');
    await register('a3');
    await mirrorNow();
    await theirCall('POST', '/model-versions/create', { name: 'neural_cf', source: 's3://theirs/model' });
    await theirCall('POST', '/registered-models/alias', { name: 'neural_cf', alias: 'live', version: '2' });
    await removeAlias(ours.pool, 'neural_cf', 'champion');
    await mirrorNow();
    expect((await versionsThere()).find(({ version, name }) => name === 'neural_cf' && version === '2')!.aliases).toEqual(['live']);
    await withTransaction(ours.pool, (db) => deleteModel(db, 'neural_cf'));
    await deleteWhole('ease');
    await mirrorNow();
    expect(await modelsThere()).toEqual(['ease', 'neural_cf']);
    expect((await versionsThere()).map(({ name, source }) => [name, source])).toEqual([['neural_cf', 's3://theirs/model']]);
    expect(await state()).toMatchObject({ behind: { runs: 0, models: 0, versions: 0 }, refused: [] });
  });

  test('what has a number of ours, and is not ours any more, stays', async () => {
    await register('a1');
    await mirrorNow();
    await theirCall('DELETE', '/registered-models/alias', { name: 'neural_cf', alias: 'champion' });
    await theirCall('DELETE', '/registered-models/delete', { name: 'neural_cf' });
    await theirCall('POST', '/registered-models/create', { name: 'neural_cf' });
    await theirCall('POST', '/model-versions/create', { name: 'neural_cf', source: 's3://theirs/model' });
    await deleteWhole('neural_cf');
    await mirrorNow();
    expect((await versionsThere()).map(({ version, source }) => [version, source])).toEqual([['1', 's3://theirs/model']]);
  });

  test('an emptied registry, after the server was away', async () => {
    await register('a1');
    await mirrorNow();
    await resetRegistry(ours.pool);
    expect(await turn(serverAt('http://127.0.0.1:1'))).toMatchObject({ failure: expect.stringContaining('does not answer') });
    await mirrorNow();
    expect(await stages()).toEqual(['deleted']);
    expect(await modelsThere()).toEqual([]);
  });
});

class Killed extends Error {}
const dyingAfter = (requests: number): MlflowServer => {
  let left = requests;
  return watched(serverAt(mirror.url), {
    after() {
      left -= 1;
      if (left < 0) throw new Killed(); // the server did it, and nobody heard
    },
  });
};
/** @returns whether it came to its end */
async function killedAfter(requests: number, seen = (server: MlflowServer) => server): Promise<boolean> {
  const isWhole = await turn(seen(dyingAfter(requests)), `killed-${requests}`).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Killed) return false;
      throw error;
    },
  );
  await ours.pool.query(`update registry_mirrors set leased_until = '-infinity'`); // as when its lease has run out
  return isWhole;
}

describe('a kill', () => {
  test('while what was deleted is deleted there does not keep it from coming back', async () => {
    const { registry_run_id: id } = await register('a1');
    await register('a2');
    await mirrorNow();
    const inService = async (version: string, stage: 'active' | 'deleted') => {
      await moveClientRun(ours.pool, id, stage);
      await setAlias(ours.pool, { name: 'neural_cf', alias: 'champion', version });
      await withTransaction(ours.pool, (db) =>
        transitionStage(db, { name: 'neural_cf', version, stage: 'Production', archiveOthers: true }),
      );
    };
    await inService('2', 'active');
    await mirrorNow();
    let requests = 0;
    for (let isWhole = false; !isWhole; requests += 1) {
      await inService('1', 'deleted');
      isWhole = await killedAfter(requests);
      await inService('2', 'active');
      await mirrorNow();
      expect((await runsThere()).map(({ info }) => info.lifecycle_stage)).toEqual(['active', 'active']);
      const versions = await versionsThere();
      expect(versions.map(({ version, current_stage, aliases = [] }) => [version, current_stage, ...aliases].join(' ')).sort()).toEqual([
        '1 Archived',
        '2 Production champion',
      ]);
    }
    expect(requests).toBeGreaterThan(8);
  });

  test('after any request, answered or not, leaves one run and one version with everything when it goes on', async () => {
    let cases = 0;
    for (let isWhole = false; !isWhole; cases += 1) {
      await register(`k${cases}`);
      isWhole = await killedAfter(cases);
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
    expect(await mirrorNow()).toMatchObject({ logged: 3 });
  });
});

describe('the files of a version', () => {
  const FILES = { 'config.json': '{}', 'weights.bin': 'w'.repeat(300_000), 'deep/ünï & %20': 'é', 'empty.bin': '' };
  async function withFiles(run: string): Promise<void> {
    for (const [name, content] of Object.entries(FILES)) await files.blobs.put(`trained/neural_cf/${run}/${name}`, Buffer.from(content));
    await register(run);
  }
  async function filesThere({ source }: Version): Promise<Record<string, string>> {
    const at = source.replace('mlflow-artifacts:/', '');
    const read = Object.keys(FILES).map(async (name) => {
      const place = `${at}/${name}`.split('/').map(encodeURIComponent).join('/');
      return [name, await (await fetch(`${mirror.url}/api/2.0/mlflow-artifacts/artifacts/${place}`)).text()];
    });
    return Object.fromEntries((await Promise.all(read)) as [string, string][]);
  }
  const SOURCE = expect.stringMatching(/^mlflow-artifacts:\/\d+\/[0-9a-f]{32}\/artifacts\/model$/);

  test('are copied to its run there, where readers need not reach us', async () => {
    await withFiles('f1');
    await mirrorNow();
    const [version] = await versionsThere();
    expect(version).toMatchObject({ source: SOURCE, aliases: ['champion'] });
    expect(await filesThere(version!)).toEqual(FILES);
    expect(asObject(version!.tags)).toMatchObject({ 'movie_mlops.source': `${SOURCES}/versions/neural_cf/1` });
  });

  test('that were sent before a kill are not sent again, and nothing is there that is not whole', async () => {
    let sent = 0;
    const counting = (server: MlflowServer) => watched(server, { before: (at) => void (sent += Number(at === 'put')) });
    let requests = 0;
    for (let isWhole = false; !isWhole; requests += 1) {
      await withFiles(`g${requests}`);
      isWhole = await killedAfter(requests, counting);
      await turn(counting(serverAt(mirror.url)));
    }
    const versions = await versionsThere();
    expect(versions.length).toBe(requests);
    for (const version of versions) {
      expect(version.source).toEqual(SOURCE);
      expect(await filesThere(version)).toEqual(FILES);
    }
    expect(sent).toBe(requests * Object.keys(FILES).length);
  });

  test.each([
    ['that are larger than is allowed', { most: 100_000 }],
    ['where none are to be copied', { most: 0 }],
  ])('%s are not copied', async (_, bound) => {
    await withFiles('h1');
    await mirrorRegistry({ pool: ours.pool, server: serverAt(mirror.url), sources: SOURCES, files: { ...files, ...bound }, owner: 'a' });
    expect((await versionsThere())[0]).toMatchObject({ source: `${SOURCES}/versions/neural_cf/1` });
  });

  test('that the server does not take leave the version where it is fetched from us; where it could not keep them they are offered again', async () => {
    const answering = (failure: Error): MlflowServer => ({ ...serverAt(mirror.url), putFile: () => Promise.reject(failure) });
    await withFiles('i1');
    await withFiles('i2');
    await turn(answering(new FileRefused('it was answered with status 413')));
    expect((await versionsThere()).map(({ source }) => source).sort()).toEqual([1, 2].map((n) => `${SOURCES}/versions/neural_cf/${n}`));
    await withFiles('i3');
    expect(await turn(answering(new FileFailed('it was answered with status 500')))).toMatchObject({ refused: 1, failure: null });
    expect((await state()).refused).toEqual(['version neural_cf/3: its files are not kept: it was answered with status 500']);
    await ours.pool.query(`update registry_mirrored set tried_at = now() - interval '1 hour'`);
    await mirrorNow();
    expect((await versionsThere()).find(({ version }) => version === '3')).toMatchObject({ source: SOURCE });
  });

  test('are sent with their length and who sends them; what the server says of them is told apart', async () => {
    const seen: unknown[] = [];
    let status = 200;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        seen.push([request.method, request.url, request.headers['content-length'], request.headers.authorization]);
        if (status > 0) response.writeHead(status).end();
        else request.socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const put = (content: AsyncIterable<Uint8Array>) =>
      createMlflowServer({ url, token: 't', user: undefined }, signal).putFile('1/ü %/f', { content, bytes: 3 });
    const abc = () => Readable.from([Buffer.from('abc')]);
    await put(abc());
    expect(seen).toEqual([['PUT', '/api/2.0/mlflow-artifacts/artifacts/1/%C3%BC%20%25/f', '3', 'Bearer t']]);
    for (const [given, name] of [
      [413, 'FileRefused'],
      [302, 'FileRefused'],
      [501, 'FileRefused'],
      [500, 'FileFailed'],
      [503, 'FileFailed'],
      [0, 'ServerAway'],
    ] as const) {
      status = given;
      await expect(put(abc())).rejects.toMatchObject({ name });
    }
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('a');
        await Promise.resolve();
        throw new Error('our store is away');
      })(),
    );
    await expect(put(broken)).rejects.toThrow('our store is away');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('what the mirror does not take', () => {
  test('a source with a host becomes the run, and the tag says where the version is fetched', async () => {
    await register('a1');
    const sources = 'http://127.0.0.1:5000/ajax-api/2.0/mlflow-artifacts/artifacts';
    expect(await mirrorRegistry({ pool: ours.pool, server: serverAt(mirror.url), sources, files, owner: 'a' })).toMatchObject({
      logged: 3,
    });
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
      ...server,
      ask: (method, path, content, answer) =>
        path === '/model-versions/create' && content['name'] === 'popularity'
          ? server.ask(method, path, { ...content, source: 'file:///etc' }, answer)
          : server.ask(method, path, content, answer),
    };
    expect(await turn(picky)).toMatchObject({ logged: 5, refused: 1, failure: null });
    expect((await versionsThere()).map(({ name }) => name)).toEqual(['ease']);
    expect(await state()).toMatchObject({
      behind: { runs: 0, models: 0, versions: 1 },
      refused: [expect.stringMatching(/^version popularity\/1: INVALID_PARAMETER_VALUE: /)],
    });
    expect(await mirrorNow()).toMatchObject({ logged: 0, refused: 0 }); // not offered again at once
    await ours.pool.query(`update registry_mirrored set tried_at = now() - interval '1 hour'`);
    expect(await mirrorNow()).toMatchObject({ logged: 1 });
  });

  test('an alias that names a version of others there stays theirs, and is told', async () => {
    await mirror.call('POST', '/api/2.0/mlflow/registered-models/create', { json: { name: 'neural_cf' } });
    const theirs = { name: 'neural_cf', source: 's3://theirs/model' };
    await mirror.call('POST', '/api/2.0/mlflow/model-versions/create', { json: theirs });
    await mirror.call('POST', '/api/2.0/mlflow/registered-models/alias', { json: { name: 'neural_cf', alias: 'champion', version: '1' } });
    await register('a1');
    expect(await mirrorNow()).toMatchObject({ logged: 2, refused: 1 });
    expect((await versionsThere()).map(({ version, aliases = [] }) => [version, aliases])).toEqual([
      ['2', []],
      ['1', ['champion']],
    ]);
    expect((await state()).refused).toEqual(['version neural_cf/1: the alias champion names version 1 there, which is not ours']);
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
    mirrorToServer({ config, log: silentLog, metrics, onShutdown }, { pool: ours.pool, blobs: files.blobs });
    return { config, metrics, target: config.mirror!.url };
  };

  test('logs soon after a registration, is not stopped by a server that is away, and catches up when it is back', async () => {
    const { config, metrics, target } = start(proxy.url);
    await register('a1');
    await waitFor('the first version', async () => (await versionsThere()).length === 1);
    await waitFor('all of it to be marked', async () => {
      const { models, versions } = (await readMirror(ours.pool, target)).behind;
      return models + versions === 0;
    });

    await proxy.cut();
    await expect(register('a2')).resolves.toMatchObject({ version: '2', champion: true });
    const away = await waitFor('it to be missed', async () => {
      const now = await readMirror(ours.pool, target);
      return now.failure !== null && now;
    });
    expect(away).toMatchObject({ failure: expect.stringContaining('does not answer'), behind: { runs: 1, models: 0, versions: 2 } });
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
      { pool: ours.pool, blobs: files.blobs },
    );
  });
});

describe('the API', () => {
  test('says whether the mirror is reached and how far behind it is', async () => {
    const settings = readConfig({ MLFLOW_MIRROR_URI: 'http://anna:secret@127.0.0.1:1/ml' }).mirror;
    const api = await startTestApi({ database: { url: ours.url, poolSize: 2, external: true }, mirror: settings });
    await register('a1');
    await mirrorRegistry({ pool: ours.pool, server: serverAt(settings!.url), sources: SOURCES, files, owner: 'a' });
    expect((await api.call('GET', '/api/v1/registry/mirror')).body).toEqual({
      mirror: {
        target: 'http://127.0.0.1:1/ml',
        reached_at: null,
        failure: expect.stringContaining('does not answer'),
        behind: { runs: 1, models: 1, versions: 1 },
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
