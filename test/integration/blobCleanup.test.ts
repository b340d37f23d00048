import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBlobCleanupActivities } from '../../activities/blobCleanup.ts';
import type { BlobCleanupResult } from '../../contracts/blobCleanup.ts';
import { runId } from '../../contracts/workflows.ts';
import { createArtifacts, type Artifacts } from '../../domain/artifacts/artifacts.ts';
import { removeUnusedBlobs } from '../../domain/artifacts/removeUnusedBlobs.ts';
import { writeSnapshot } from '../../domain/recommender/data/snapshotFiles.ts';
import { runFolder } from '../../domain/recommender/training/modelFiles.ts';
import { writeModelFolder } from '../../domain/recommender/training/modelFolder.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, holdModel } from '../../domain/registry/versions.ts';
import { reserveRun } from '../../domain/runs/reserveRun.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';
import { BUCKET, startTestS3 } from '../support/s3.ts';
import { tasteSnapshot } from '../unit/recommender/samples.ts';

let database: TestDatabase;
let folder: string;
let blobs: BlobStore;
let artifacts: Artifacts;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops cleanup '));
  blobs = createBlobStore(`file:${folder}`);
  artifacts = createArtifacts({ pool: database.pool, blobs });
});
beforeEach(async () => {
  await database.pool.query('truncate runs, registry_runs, registered_models, logged_models, artifact_digests cascade');
  for (const name of await readdir(folder)) await rm(path.join(folder, name), { recursive: true });
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const clean = ({ dryRun = false } = {}) =>
  inActivity('blob-cleanup/a', () =>
    createBlobCleanupActivities({ pool: database.pool, blobs, log: silentLog }).removeUnusedBlobs({ dry_run: dryRun }),
  );
/** Keys of all that lies there. */
async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of blobs.walk(blobs.uriOf(''))) found.push(key);
  return found.sort();
}
async function age(days: number, among: readonly string[] | undefined = undefined): Promise<void> {
  const then = new Date(Date.now() - days * 86_400_000);
  for (const key of among ?? (await keys())) await utimes(path.join(folder, key), then, then);
}
const put = (key: string, text = 'four') => blobs.put(key, Buffer.from(text));
const digest = (name: string) => createHash('sha256').update(name).digest('hex');
const hexId = () => randomUUID().replaceAll('-', '');
async function* chunks(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}
const upload = (at: string) => artifacts.put(at, { content: chunks('four'), sha256: undefined, by: 'somebody' });
const aModel = (name: string) => writeModelFolder(blobs, 'popularity', { 'config.json': Buffer.from(name) });
const endRun = (id: string) => database.pool.query(`update runs set state = 'success' where run_id = $1`, [id]);
const kindsOf = ({ unused }: BlobCleanupResult) => unused.map(({ kind, blobs: many, bytes }) => [kind, many, bytes]);

async function aVersion(source: string, more: { readonly registryRunId?: string; readonly origin?: string } = {}): Promise<void> {
  await holdModel(database.pool, 'popularity');
  const { registryRunId = null, origin = null } = more;
  await createModelVersion(database.pool, { name: 'popularity', source, registryRunId, origin, tags: {} });
}
async function aRegistryRun(origin: string | null, tags: Readonly<Record<string, string>> = {}): Promise<string> {
  const experimentId = await ensureExperiment(database.pool, 'cleanup');
  const id = await startRegistryRun(database.pool, { experimentId, name: 'r', userId: 'somebody', origin });
  for (const [key, value] of Object.entries(tags))
    await database.pool.query('insert into registry_run_tags values ($1, $2, $3)', [id, key, value]);
  return id;
}
async function aLedgerRun(name: string, result: unknown = null): Promise<string> {
  const id = runId('movieTrainingPipeline', name);
  await reserveRun(database.pool, { runId: id, workflow: 'movieTrainingPipeline', input: {}, startedBy: 'somebody' });
  await database.pool.query('update runs set result = $2 where run_id = $1', [id, JSON.stringify(result)]);
  await endRun(id);
  return id;
}

test('what nothing refers to goes, of each kind, and is told with counts, bytes and names', async () => {
  const { uri } = await aModel('unused');
  await put(`snapshots/${digest('unused')}/manifest.json`);
  await put('runs/training/gone/ease/report.json');
  await put('runs/training/gone/ease/checkpoints/run');
  await put(`${runFolder('of an odd name')}/history.json`);
  const artifact = `1/${hexId()}/artifacts/model/data.bin`;
  await upload(artifact);
  await upload(`1/models/m-${hexId()}/artifacts/MLmodel`);
  await put(`uploads/${randomUUID()}/1`);
  const modelBytes = (await Promise.all((await blobs.list(uri)).map((name) => blobs.get(`${uri}/${name}`)))).map(({ length }) => length);
  await age(2);

  const all = await keys();
  const told = await clean({ dryRun: true });
  expect(await keys()).toEqual(all);
  expect((await database.pool.query('select from artifact_digests')).rowCount).toBe(2);
  expect(kindsOf(told)).toEqual([
    ['snapshots', 1, 4],
    ['trained', 2, modelBytes.reduce((sum, bytes) => sum + bytes)],
    ['runs', 3, 12],
    ['artifacts', 2, 8],
    ['uploads', 1, 4],
  ]);
  expect(told.unused[1]).toMatchObject({ folders: 1, names: [uri.slice('blob:'.length)] });

  expect(await clean()).toEqual({ ...told, dry_run: false, written_before: expect.any(String) });
  expect(await keys()).toEqual([]);
  expect((await database.pool.query('select from artifact_digests')).rowCount).toBe(0);
  expect(await clean()).toMatchObject({ unused: [], unknown: [] });
});

test('what a version was made of stays, in service or not, with what its run names and has', async () => {
  const [served, archived] = [await aModel('served'), await aModel('archived')];
  const origin = `${runId('movieTrainingPipeline', 'forgotten')}/popularity`;
  const snapshot = digest('its data');
  const run = await aRegistryRun(origin, { snapshot_id: snapshot });
  await aVersion(served.uri, { registryRunId: run, origin });
  await aVersion(archived.uri);
  await database.pool.query(`insert into model_aliases (name, alias, version) values ('popularity', 'champion', 1)`);
  const ofGoneRun = `1/${hexId()}/artifacts`;
  await aVersion(`mlflow-artifacts:/${ofGoneRun}/model`);
  await upload(`${ofGoneRun}/model/MLmodel`);
  await put(`snapshots/${snapshot}/manifest.json`);
  await put(`${runFolder(origin)}/report.json`);
  await put(`${runFolder(origin)}/checkpoints/run`);
  const used = await keys();
  await put('runs/training/forgotten/ease/report.json');
  await age(40);

  expect(kindsOf(await clean())).toEqual([['runs', 1, 4]]);
  expect(await keys()).toEqual(used);
});

test('what the ledger and the registry have stays, also what is deleted and may come back', async () => {
  const [model, tagged] = [await aModel('of a result'), await aModel('of a tag')];
  const snapshot = digest('of a result');
  const id = await aLedgerRun('kept', { dataset: { snapshot_id: snapshot }, models: [{ uri: model.uri }] });
  await put(`${runFolder(id)}/popularity/history.json`);
  await put(`${runFolder(id)}/recommendations/part-00000.parquet`);
  await put(`snapshots/${snapshot}/manifest.json`);
  const run = await aRegistryRun(null, { model_uri: tagged.uri, report_uri: 'blob:runs/sweep/other/report.json' });
  await put('runs/sweep/other/report.json');
  await database.pool.query(`update registry_runs set lifecycle_stage = 'deleted'`);
  await upload(`7/${run}/artifacts/model.bin`);
  const loggedModel = `m-${hexId()}`;
  await database.pool.query(
    `insert into logged_models (model_id, experiment_id, name, lifecycle_stage) values ($1, 0, 'logged', 'deleted')`,
    [loggedModel],
  );
  await upload(`0/models/${loggedModel}/artifacts/MLmodel`);
  const used = await keys();
  await age(40);

  expect(await clean()).toMatchObject({ unused: [], unknown: [] });
  expect(await keys()).toEqual(used);

  await database.pool.query('truncate runs, registry_runs, logged_models cascade');
  await clean();
  expect(await keys()).toEqual([]);
});

test('a folder of which something was written within a day stays whole, and so does what runs wrote since one began that is not over', async () => {
  const upTo = randomUUID();
  await put(`uploads/${upTo}/upload.json`);
  await put(`uploads/${upTo}/1`);
  const { uri } = await aModel('being written');
  await age(3);
  await age(0.9, [`uploads/${upTo}/1`, `${uri.slice('blob:'.length)}/manifest.json`]);
  const young = await keys();
  for (const dryRun of [true, false]) expect(await clean({ dryRun })).toMatchObject({ unused: [] });
  expect(await keys()).toEqual(young);

  await age(3);
  const id = await aLedgerRun('under way');
  await database.pool.query(`update runs set state = 'running', created_at = now() - interval '4 days' where run_id = $1`, [id]);
  const left = await clean();
  expect(left).toMatchObject({ unused: [{ kind: 'uploads', blobs: 2 }], run_open_since: expect.any(String) });
  expect(await blobs.list(uri)).not.toEqual([]);
  await endRun(id);
  await clean();
  expect(await keys()).toEqual([]);
});

test('what somebody writes to while it is being removed stays whole, and is not counted', async () => {
  const { uri } = await aModel('trained again meanwhile');
  await age(40);
  const all = await keys();
  const writeAgain = (found: string) => {
    if (blobs.uriOf(found) === uri) utimesSync(path.join(folder, found, 'manifest.json'), new Date(), new Date());
  };
  const { signal } = new AbortController();
  const result = await removeUnusedBlobs({ pool: database.pool, blobs, isDryRun: false, signal, onProgress: writeAgain });
  expect(result).toMatchObject({ unused: [] });
  expect(await keys()).toEqual(all);
});

test('a snapshot that a training takes up again is as one just written', async () => {
  const snapshot = tasteSnapshot();
  await writeSnapshot(blobs, snapshot);
  await age(40);
  await writeSnapshot(blobs, snapshot);
  const all = await keys();
  expect(await clean()).toMatchObject({ unused: [] });
  expect(await keys()).toEqual(all);
});

test('names that nothing here writes are left and told', async () => {
  const strange = [
    'artifacts/1/run-of-mine/artifacts/x',
    'else/where',
    'snapshots/today/manifest.json',
    'trained/popularity/copy/config.json',
  ];
  for (const key of strange) await put(key);
  await age(40);
  expect(await clean()).toMatchObject({ unused: [], unknown: [strange[0], 'else', strange[2], strange[3]] });
  expect(await keys()).toEqual(strange);
});

test('what lies in the folder of a run that is gone goes without what belongs to another in it', async () => {
  const kept = `${runId('movieTrainingPipeline', 'shared')}/ease`;
  await aRegistryRun(kept);
  await put(`${runFolder(kept)}/report.json`);
  await put('runs/training/shared/history.json');
  await age(40);
  expect(kindsOf(await clean())).toEqual([['runs', 1, 4]]);
  expect(await keys()).toEqual([`${runFolder(kept)}/report.json`]);
});

test('in S3 the same goes and stays', async () => {
  const s3 = await startTestS3();
  const onDisk = blobs;
  blobs = createBlobStore(`s3://${BUCKET}/below`, s3.access);
  const now = Date.now;
  try {
    const [used, unused] = [await aModel('used'), await aModel('unused')];
    await aVersion(used.uri);
    await put(`uploads/${randomUUID()}/1`);
    await put('else/where');
    const all = await keys();
    expect(await clean()).toMatchObject({ unused: [], unknown: ['else'] });
    expect(await keys()).toEqual(all);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 2 * 86_400_000);
    expect(kindsOf(await clean())).toEqual([
      ['trained', 2, expect.any(Number)],
      ['uploads', 1, 4],
    ]);
    expect(await keys()).toEqual(all.filter((key) => key.startsWith('else') || blobs.uriOf(key).startsWith(used.uri)));
    expect(await blobs.list(unused.uri)).toEqual([]);
  } finally {
    jest.restoreAllMocks();
    blobs = onDisk;
    await s3.stop();
  }
});
