import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { ARTIFACT_PREFIXES } from '../../api/mlflow/paths.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { OPEN_ACCESS, startTestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { BUCKET, startTestS3, type TestS3 } from '../support/s3.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';

let s3: TestS3;
let folder: string;
let database: TestDatabase;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  [s3, database] = await Promise.all([startTestS3(), createTestDatabase()]);
  folder = await mkdtemp(path.join(tmpdir(), 'mlops blobs '));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await s3?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const STORES: Record<string, (name: string) => BlobStore> = {
  'on the disk': (name) => createBlobStore(`file:${folder}/${name}`),
  'in S3': (name) => createBlobStore(`s3://${BUCKET}/${name}`, s3.access),
  'in S3, without a prefix': () => createBlobStore(`s3://${BUCKET}`, s3.access),
};

async function* chunks(...parts: (Uint8Array | string)[]) {
  for (const part of parts) yield await Promise.resolve(Buffer.from(part));
}
async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}
const textOf = async (store: BlobStore, key: string, range?: { start: number; end: number }) => {
  const blob = await store.open(store.uriOf(key));
  const text = (await readAll((await blob.read(range)) as AsyncIterable<Uint8Array>)).toString();
  await blob.close();
  return text;
};

describe.each(Object.entries(STORES))('a blob store %s', (_, open) => {
  test('gives back what was put, whole and in parts, and tells of it', async () => {
    const store = open('one');
    expect(await store.put('a/ünï & cödé +%20.txt', Buffer.from('abcdef'))).toBe('blob:a/ünï & cödé +%20.txt');
    expect((await store.get('blob:a/ünï & cödé +%20.txt')).toString()).toBe('abcdef');
    expect(await textOf(store, 'a/ünï & cödé +%20.txt', { start: 1, end: 3 })).toBe('bcd');
    const state = await store.putStream('a/stream', chunks('one', 'two'));
    expect([state.bytes, await textOf(store, 'a/stream')]).toEqual([6, 'onetwo']);
    const blob = await store.open('blob:a/stream');
    expect([blob.version, blob.bytes]).toEqual([state.version, 6]);
    await blob.close();
    expect((await store.putStream('a/stream', chunks('other'))).version).not.toBe(state.version);
    expect((await store.putStream('a/empty', chunks())).bytes).toBe(0);
    expect([await store.exists('blob:a/stream'), await store.exists('blob:a'), await store.exists('blob:a/str')]).toEqual([
      true,
      true,
      false,
    ]);
    await expect(store.get('blob:a/none')).rejects.toThrow(BlobMissing);
    await expect((async () => store.get('blob:../other/file'))()).rejects.toThrow('lies outside the store');
    for (const none of ['blob:a/none', 'blob:none/none']) await expect(store.open(none)).rejects.toThrow(BlobMissing);
  });

  test('lists what lies in a folder, and removes it', async () => {
    const store = open('two');
    for (const key of ['f/z', 'f/b/one', 'f/b/two', 'fz/other', 'f/a']) await store.put(key, Buffer.from(key));
    expect(await store.entries('blob:f')).toEqual([
      { name: 'a', isFolder: false, bytes: 3 },
      { name: 'b', isFolder: true },
      { name: 'z', isFolder: false, bytes: 3 },
    ]);
    expect([await store.list('blob:f'), await store.list('blob:none')]).toEqual([['a', 'b', 'z'], []]);
    const walked = [];
    for await (const { key, bytes, modifiedAt } of store.walk('blob:f')) walked.push([key, bytes, modifiedAt.getTime() > 0]);
    expect(walked.sort()).toEqual([
      ['f/a', 3, true],
      ['f/b/one', 7, true],
      ['f/b/two', 7, true],
      ['f/z', 3, true],
    ]);
    await store.remove('blob:f');
    await store.remove('blob:none');
    expect([await store.entries('blob:f'), await store.list('blob:fz')]).toEqual([[], ['other']]);
  });

  test('keeps what is larger than one part of it, and leaves what was there where it breaks off', async () => {
    const store = open('three');
    const large = [randomBytes(9_000_000), randomBytes(9_000_000)];
    await store.putStream('large', chunks(...large));
    const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
    expect(sha256(await store.get('blob:large'))).toBe(sha256(Buffer.concat(large)));
    for (const before of [1, 20_000_000]) {
      const breaksOff = async function* () {
        yield randomBytes(before);
        throw await Promise.resolve(new Error('it broke off'));
      };
      await expect(store.putStream('large', breaksOff())).rejects.toThrow('it broke off');
      await expect(store.putStream('new', breaksOff())).rejects.toThrow('it broke off');
    }
    expect((await store.get('blob:large')).length).toBe(18_000_000);
    expect(await store.exists('blob:new')).toBe(false);
  });
});

test('a model that was trained into S3 is registered, served from there, and given to MLflow with its digest', async () => {
  const { tf } = loadTensorflow('auto');
  const s3Settings = { blobUrl: `s3://${BUCKET}/platform`, s3: s3.access };
  const common = { database: { url: database.url, poolSize: 5, external: true }, access: OPEN_ACCESS, ...s3Settings };
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  const blobs = createBlobStore(s3Settings.blobUrl, s3Settings.s3);
  const version = await promoteModel(database.pool, await trainTinyModel({ blobs, tf }, 'popularity'), 's3/1');

  const context = { log: silentLog, metrics: createMetrics('serving'), health: createHealth() };
  const serving = connectServing({ ...common, stateDir: folder, tensorflow: loadTensorflow('auto') }, context);
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  stops.push(async () => {
    await server.close();
    await serving.close();
  });
  const answer = await waitFor('a recommendation', async () => {
    const body = JSON.stringify({ user_id: null, k: 3, route: 'default' });
    const response = await fetch(`http://127.0.0.1:${server.port}/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.ok && response.json();
  });
  expect(JSON.stringify(answer)).toContain('"popularity"');

  const door = await startTestApi(common, createMlflowApi);
  stops.push(() => door.stop());
  const file = await fetch(`${door.url}${ARTIFACT_PREFIXES[0]}/artifacts/versions/popularity/${version}/manifest.json`);
  expect([file.status, await file.json()]).toEqual([200, expect.objectContaining({ format: 1 })]);
  const range = { headers: { range: 'bytes=2-4' } };
  const at = `${door.url}${ARTIFACT_PREFIXES[0]}/artifacts/1/r/artifacts/letters`;
  expect((await fetch(at, { method: 'PUT', body: 'abcdefghij' })).status).toBe(200);
  const part = await fetch(at, range);
  expect([part.status, await part.text(), part.headers.get('repr-digest')]).toEqual([206, 'cde', expect.stringMatching(/^sha-256=:/)]);
});

test('an S3 that is away, or lets nobody in, is said', async () => {
  const nowhere = { ...s3.access, endpoint: 'http://127.0.0.1:1' };
  const door = await startTestApi(
    { database: { url: database.url, poolSize: 2, external: true }, blobUrl: `s3://${BUCKET}/x`, s3: nowhere },
    createMlflowApi,
  );
  stops.push(() => door.stop());
  for (const [method, text] of [['GET'], ['PUT', 'x']] as const)
    expect(await door.call(method, `${ARTIFACT_PREFIXES[0]}/artifacts/1/file`, { ...(text && { text }) })).toMatchObject({
      status: 503,
      body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: expect.stringContaining('blob store') },
    });
});
