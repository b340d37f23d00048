import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApi } from '../../api/rest/app.ts';
import { writeModelFolder } from '../../domain/recommender/training/modelFolder.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, holdModel, transitionStage } from '../../domain/registry/versions.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { invoke } from '../unit/cli/invoke.ts';

const CREDENTIALS = [
  { name: 'looks', role: 'viewer' as const, secret: 'viewer-secret-of-16' },
  { name: 'works', role: 'operator' as const, secret: 'operator-secret-16' },
];

let database: TestDatabase;
let store: string;
let api: TestApi;
let local: string;
beforeAll(async () => {
  database = await createTestDatabase();
  store = await mkdtemp(path.join(tmpdir(), 'mlops artifacts '));
  api = await startTestApi(
    {
      database: { url: database.url, poolSize: 4, external: true },
      blobUrl: `file:${store}`,
      access: { host: '127.0.0.1', credentials: CREDENTIALS, allowedHosts: [], allowedOrigins: [] },
    },
    createApi,
  );
});
beforeEach(async () => void (local = await mkdtemp(path.join(tmpdir(), 'mlops local '))));
afterEach(() => rm(local, { recursive: true, force: true }));
afterAll(async () => {
  await api?.stop();
  await database?.drop();
  await rm(store, { recursive: true, force: true });
});

const artifacts = (...args: string[]) => by('operator-secret-16', ...args);
const by = (key: string, ...args: string[]) => invoke(['artifacts', ...args, '--api', api.url], { env: { MLOPS_API_KEY: key } });
async function json(...args: string[]) {
  const { out, exitCode, err } = await artifacts(...args, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out) as unknown;
}
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');
const here = (...names: string[]) => path.join(local, ...names);
/** All files below a folder with their content. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => path.join(parentPath, name));
  const read = files.sort().map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(read));
}
async function aRun(): Promise<string> {
  const experimentId = await ensureExperiment(database.pool, 'artifacts');
  return startRegistryRun(database.pool, { experimentId, name: 'r', userId: 'somebody', origin: null });
}
const FILES = {
  MLmodel: 'flavors:',
  'ünï & %20+?.txt': 'é',
  'data/deep/empty': '',
  'data/big.bin': randomBytes(3_000_000).toString('hex'),
};
async function writeFiles(folder: string, files: Readonly<Record<string, string>>) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

test('a folder goes onto a run, is listed there, and comes back as it was', async () => {
  const runId = await aRun();
  await writeFiles(here('sent'), FILES);
  const moved = Object.entries(FILES).map(([name, content]) => ({
    path: name,
    bytes: Buffer.byteLength(content),
    sha256: sha256(content),
  }));
  const { files: put } = (await json('put', here('sent'), `runs:/${runId}/all`)) as { files: unknown[] };
  expect(put).toHaveLength(moved.length);
  expect(put).toEqual(expect.arrayContaining(moved));
  expect(await json('ls', `${runId}/all`)).toEqual({
    files: [
      { path: 'MLmodel', is_folder: false, bytes: 8 },
      { path: 'data', is_folder: true, bytes: null },
      { path: 'ünï & %20+?.txt', is_folder: false, bytes: 2 },
    ],
  });
  expect(await json('ls', '-r', `runs:/${runId}/all/data`)).toEqual({
    files: [
      { path: 'big.bin', is_folder: false, bytes: 6_000_000 },
      { path: 'deep', is_folder: true, bytes: null },
      { path: 'deep/empty', is_folder: false, bytes: 0 },
    ],
  });
  const { files: got } = (await json('get', runId, here('got'))) as { files: unknown[] };
  expect(got).toEqual(expect.arrayContaining(moved.map((file) => ({ ...file, path: `all/${file.path}` }))));
  expect(await filesOf(here('got', 'all'))).toEqual(FILES);
});

test('a file, or a folder of a run, comes under its own name, and takes the place of what was there', async () => {
  const runId = await aRun();
  await writeFiles(local, FILES);
  expect((await artifacts('put', here('data', 'big.bin'), `runs:/${runId}/data`)).out).toBe(
    `1 file, 6000000 bytes, at runs:/${runId}/data.\n`,
  );
  await artifacts('put', here('MLmodel'), runId);
  expect((await artifacts('ls', runId)).out).toBe('FILE     BYTES\nMLmodel      8\ndata/\n');
  expect((await artifacts('ls', `runs:/${runId}/MLmodel`)).out).toBe('FILE     BYTES\nMLmodel      8\n');
  await artifacts('get', `runs:/${runId}/data`, here('got'));
  const one = await artifacts('get', `runs:/${runId}/data/big.bin`, here('got'));
  expect(one.out).toBe(`1 file, 6000000 bytes, in ${here('got')}.\n`);
  await writeFile(here('got', 'MLmodel'), 'of before');
  await artifacts('get', `mlflow-artifacts:/${await placeOf(runId)}/MLmodel`, here('got'));
  const big = FILES['data/big.bin'];
  expect(await filesOf(here('got'))).toEqual({ MLmodel: 'flavors:', 'big.bin': big, 'data/big.bin': big });
});

test('a version is read by its number and by an alias: what a client logged, and what a pipeline registered', async () => {
  const runId = await aRun();
  await writeFiles(local, FILES);
  await artifacts('put', here('MLmodel'), `runs:/${runId}/model`);
  const { pool } = database;
  await holdModel(pool, 'logged');
  await createModelVersion(pool, { name: 'logged', source: `runs:/${runId}/model`, registryRunId: runId, origin: null, tags: {} });
  await setAlias(pool, { name: 'logged', alias: 'champion', version: '1' });
  const { uri } = await writeModelFolder(createBlobStore(`file:${store}`), 'ease', { 'config.json': Buffer.from('{}') });
  const name = 'movies & 100%25';
  await holdModel(pool, name);
  await createModelVersion(pool, { name, source: uri, registryRunId: null, origin: null, tags: {} });
  await setAlias(pool, { name, alias: 'champion', version: '1' });

  for (const address of ['models:/logged/1', 'models:/logged@champion', 'models:/logged@champion/MLmodel', 'models:/logged/1/MLmodel']) {
    expect(await json('ls', address)).toEqual({ files: [{ path: 'MLmodel', is_folder: false, bytes: 8 }] });
    await json('get', address, here('got', encodeURIComponent(address)));
    expect(await filesOf(here('got', encodeURIComponent(address)))).toEqual({ MLmodel: 'flavors:' });
  }
  for (const address of [`models:/${name}/1`, `models:/${name}@champion`]) {
    expect(await json('ls', address)).toMatchObject({ files: [{ path: 'config.json' }, { path: 'manifest.json' }] });
    await json('get', address, here('own', encodeURIComponent(address)));
    expect(await filesOf(here('own', encodeURIComponent(address)))).toMatchObject({ 'config.json': '{}' });
  }
  expect(await artifacts('put', here('MLmodel'), 'models:/logged/1')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('cannot be changed'),
  });
});

test('the newest version of all, and the newest of a stage, as MLflow has them', async () => {
  const { pool } = database;
  const runId = await aRun();
  for (const version of ['1', '2', '3']) {
    await writeFiles(local, { [`of ${version}`]: '' });
    await artifacts('put', here(`of ${version}`), `runs:/${runId}/${version}`);
    await withTransaction(pool, async (db) => {
      await holdModel(db, 'staged');
      await createModelVersion(db, { name: 'staged', source: `runs:/${runId}/${version}`, registryRunId: runId, origin: null, tags: {} });
      if (version !== '3') await transitionStage(db, { name: 'staged', version, stage: 'Production', archiveOthers: false });
    });
  }
  for (const [which, version] of [
    ['latest', '3'],
    ['Latest/', '3'],
    ['Production', '2'],
    ['production', '2'],
    ['None', '3'],
    ['latest/of 3', '3'],
  ])
    expect([which, await json('ls', `models:/staged/${which}`)]).toEqual([
      which,
      { files: [{ path: `of ${version}`, is_folder: false, bytes: 0 }] },
    ]);
  await holdModel(pool, 'empty');
  for (const [address, exitCode, words] of [
    ['models:/staged/Staging', 1, 'There is no version of staged in stage Staging.'],
    ['models:/empty/latest', 1, 'There is no version of empty.'],
    ['models:/never/latest', 1, 'Registered Model with name=never not found'],
    ['models:/staged/Prodction', 1, 'Invalid Model Version stage: Prodction. Value must be one of'],
    ['models:/staged/-1', 1, 'Invalid Model Version stage: -1'],
  ] as const) {
    const { err, ...answer } = await artifacts('get', address, here('got'));
    expect([address, err.includes(words) ? words : err, answer]).toEqual([address, words, { exitCode, out: '' }]);
  }
});

test('a logged model is named by its id', async () => {
  const made = await api.call<{ model: { info: { model_id: string } } }>('POST', '/api/2.0/mlflow/logged-models', {
    headers: { 'x-api-key': 'operator-secret-16' },
    json: { experiment_id: '0' },
  });
  const id = made.body.model.info.model_id;
  await writeFiles(local, FILES);
  expect(await artifacts('put', here('MLmodel'), `models:/${id}/of it`)).toMatchObject({ exitCode: 0 });
  expect((await artifacts('ls', '-r', `models:/${id}`)).out).toBe('FILE           BYTES\nof it/\nof it/MLmodel      8\n');
});

test('what is not there, is not reached or not allowed is said, and nothing is left of it', async () => {
  const runId = await aRun();
  await writeFiles(local, FILES);
  await artifacts('put', here('MLmodel'), runId);
  const [nobody, gone] = ['f'.repeat(32), `runs:/${runId}/none`];
  for (const [args, exitCode, words] of [
    [['ls', runId.replace(/./, 'g')], 1, 'not found'],
    [['ls', nobody], 1, `Run with id=${nobody} not found`],
    [['ls', gone], 1, `There is nothing at ${gone}.`],
    [['get', gone, here('got')], 1, `There is nothing at ${gone}.`],
    [['get', await aRun(), here('got')], 1, 'There are no files at'],
    [['ls', 'models:/never/1'], 1, 'Model Version (name=never, version=1) not found'],
    [['ls', 'models:/never@champion'], 1, 'Registered Model with name=never not found'],
    [['ls', 'models:/never'], 2, 'is no address of artifacts'],
    [['ls', 's3://bucket/key'], 2, 'is no address of artifacts'],
    [['ls', `runs:/${runId}/../../secret`], 2, 'is no path of an artifact'],
    [['put', here('none'), runId], 2, 'no such file'],
    [['get', `${runId}/MLmodel`, here('MLmodel', 'below a file')], 2, 'not a directory'],
  ] as const) {
    const { err, ...answer } = await artifacts(...args);
    expect([args, err.includes(words) ? words : err, answer]).toEqual([args, words, { exitCode, out: '' }]);
  }
  const refused = await by('viewer-secret-of-16', 'put', here('MLmodel'), runId);
  expect([refused.exitCode, refused.err]).toEqual([1, expect.stringMatching(/^MLmodel: .*viewer/)]);
  expect((await by('viewer-secret-of-16', 'get', runId, here('seen'))).exitCode).toBe(0);
  expect((await readdir(local)).filter((name) => name.startsWith('got'))).toEqual([]);
});

test('files of a version in a bucket are named, not read', async () => {
  await holdModel(database.pool, 'elsewhere');
  await createModelVersion(database.pool, { name: 'elsewhere', source: 's3://theirs/x', registryRunId: null, origin: null, tags: {} });
  expect(await artifacts('get', 'models:/elsewhere/1', here('got'))).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('s3://theirs/x'),
  });
});

test('a file that is not what its SHA-256 says is not kept', async () => {
  const runId = await aRun();
  await writeFiles(local, FILES);
  await artifacts('put', here('MLmodel'), runId);
  await database.pool.query(`update artifact_digests set sha256 = repeat('a', 64) where path like '%' || $1 || '%'`, [runId]);
  expect(await artifacts('get', runId, here('got'))).toMatchObject({ exitCode: 1, err: expect.stringContaining('it is not kept') });
  expect(await readdir(here('got'))).toEqual([]);
});

test('of a folder, links to files are followed, and nothing is put where one leads to a folder', async () => {
  const runId = await aRun();
  await writeFiles(here('sent'), FILES);
  await symlink(here('sent', 'MLmodel'), here('sent', 'link'));
  expect(await json('put', here('sent'), `${runId}/one`)).toMatchObject({
    files: expect.arrayContaining([expect.objectContaining({ path: 'link', bytes: 8 })]),
  });
  await symlink(here('sent'), here('sent', 'data', 'round'));
  expect(await artifacts('put', here('sent'), `${runId}/two`)).toMatchObject({ exitCode: 2, err: expect.stringContaining('round') });
  expect((await artifacts('ls', runId)).out).toBe('FILE  BYTES\none/\n');
});

test('a link in the folder that files come into is no way out of it', async () => {
  const runId = await aRun();
  await writeFiles(local, FILES);
  await artifacts('put', here('data'), `${runId}/data`);
  await mkdir(here('got'));
  await mkdir(here('elsewhere'));
  await symlink(here('elsewhere'), here('got', 'data'));
  expect(await artifacts('get', runId, here('got'))).toMatchObject({ exitCode: 2, err: expect.stringContaining('is in the way') });
  expect(await readdir(here('elsewhere'))).toEqual([]);
  await rm(here('got', 'data'));
  await mkdir(here('got', 'data'));
  await symlink(here('elsewhere', 'file'), here('got', 'data', 'big.bin'));
  await json('get', runId, here('got'));
  expect([await readdir(here('elsewhere')), await filesOf(here('got'))]).toEqual([
    [],
    { 'data/big.bin': FILES['data/big.bin'], 'data/deep/empty': '' },
  ]);
});

async function placeOf(runId: string): Promise<string> {
  const { body } = await api.call<{ root_uri: string }>('GET', `/api/2.0/mlflow/artifacts/list?run_id=${runId}`, {
    headers: { 'x-api-key': 'viewer-secret-of-16' },
  });
  return body.root_uri.replace('mlflow-artifacts:/', '');
}
