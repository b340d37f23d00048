import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { ARTIFACT_PREFIXES } from '../../api/mlflow/paths.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createS3Store } from '../../platform/blobs/s3.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import { readConfig } from '../../platform/config.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { OPEN_ACCESS, startTestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createProxy } from '../support/proxy.ts';
import { rawRequest } from '../support/rawRequest.ts';
import { BUCKET, startTestS3, type TestS3 } from '../support/s3.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';
import { scoringHere } from '../support/scoringHere.ts';

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
  'in S3, by a key with a session token': (name) =>
    createBlobStore(`s3://${BUCKET}/token/${name}`, { ...s3.access, sessionToken: 'for a while' }),
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
  const { tf } = loadTensorflow('cpu');
  const s3Settings = { blobUrl: `s3://${BUCKET}/platform`, s3: s3.access };
  const common = { database: { url: database.url, poolSize: 5, external: true }, access: OPEN_ACCESS, ...s3Settings };
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  const blobs = createBlobStore(s3Settings.blobUrl, s3Settings.s3);
  const version = await promoteModel(database.pool, await trainTinyModel({ blobs, tf }, 'popularity'), 's3/1');

  const context = { log: silentLog, metrics: createMetrics('serving'), health: createHealth() };
  const serving = connectServing({ ...common, stateDir: folder }, context, scoringHere({ ...common, tensorflow: loadTensorflow('cpu') }));
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

test('an S3 that goes away in the middle of an upload or a download is said, leaves nothing that looks whole, and is asked again when it is back', async () => {
  const toS3 = await createProxy(s3.access.endpoint);
  stops.push(() => toS3.cut());
  const door = await startTestApi(
    {
      database: { url: database.url, poolSize: 2, external: true },
      blobUrl: `s3://${BUCKET}/cut`,
      s3: { ...s3.access, endpoint: toS3.url },
    },
    createMlflowApi,
  );
  stops.push(() => door.stop());
  const at = (name: string) => `${ARTIFACT_PREFIXES[0]}/artifacts/1/r/artifacts/${name}`;
  const part = randomBytes(9_000_000);
  /** What was there, or a new file: the store goes in the middle of it. */
  const upload = (name: string) => {
    async function* content() {
      yield part;
      yield part; // a smaller file goes there in one
      await waitFor('an upload in parts to be begun', async () => (await uploadsUnderWay()) > 0);
      await toS3.cut();
      yield part;
      yield part;
    }
    return rawRequest(door.url, 'PUT', at(name), { body: Readable.from(content()) });
  };
  expect((await door.call('PUT', at('old'), { text: 'as it was' })).status).toBe(200);
  for (const name of ['old', 'new']) {
    const answer = await upload(name);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([503, { error_code: 'TEMPORARILY_UNAVAILABLE' }]);
    await toS3.restore();
    await endUploads();
  }
  expect((await door.call('GET', `${ARTIFACT_PREFIXES[0]}/artifacts?path=1/r/artifacts`)).body).toEqual({
    files: [{ path: 'old', is_dir: false, file_size: 9 }],
  });
  expect([(await door.call('GET', at('old'))).body, (await door.call('GET', at('new'))).status]).toEqual(['as it was', 404]);

  const whole = Buffer.concat([part, part, part]);
  expect((await fetch(door.url + at('large'), { method: 'PUT', body: whole })).status).toBe(200);
  const download = await fetch(door.url + at('large'));
  const reader = (download.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();
  await toS3.cut();
  const rest = (async () => {
    for (let bytes = first.value!.length; ;) {
      const { done, value } = await reader.read();
      if (done) return bytes;
      bytes += value.length;
    }
  })();
  await expect(rest).rejects.toThrow('terminated');
  expect(await door.call('GET', at('large'))).toMatchObject({ status: 503, body: { error_code: 'TEMPORARILY_UNAVAILABLE' } });
  await toS3.restore();
  expect(Buffer.from(await (await fetch(door.url + at('large'))).arrayBuffer()).equals(whole)).toBe(true);
});

/** Of uploads in parts, to the server itself. */
async function uploadIds(): Promise<{ key: string; id: string }[]> {
  const text = await (await fetch(`${s3.access.endpoint}/${BUCKET}?uploads`)).text();
  return [...text.matchAll(/<UploadId>(.*?)<\/UploadId>\s*<Key>(.*?)<\/Key>/g)].map(([, id = '', key = '']) => ({ key, id }));
}
const uploadsUnderWay = async () => (await uploadIds()).length;
async function endUploads() {
  for (const { key, id } of await uploadIds()) await fetch(`${s3.access.endpoint}/${BUCKET}/${key}?uploadId=${id}`, { method: 'DELETE' });
}

describe('an S3 that falls silent', () => {
  const WAITS = { connectMs: 300, silenceMs: 300 };
  /** @param begin what it says before */
  async function silentStore(begin: string): Promise<BlobStore> {
    const server = createServer((socket) => void socket.on('error', () => undefined).write(begin));
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return createS3Store({ bucket: BUCKET, prefix: '' }, { ...s3.access, endpoint }, WAITS);
  }
  const calls: Record<string, (store: BlobStore) => Promise<unknown>> = {
    put: (store) => store.put('a', Buffer.from('x')),
    putStream: (store) => store.putStream('a', chunks(randomBytes(20_000_000))),
    get: (store) => store.get('blob:a'),
    read: (store) => textOf(store, 'a'),
    exists: (store) => store.exists('blob:a'),
    entries: (store) => store.entries('blob:a'),
    remove: (store) => store.remove('blob:a'),
  };
  test.each(Object.entries(calls))('before its answer to %s is given up', async (_, call) => {
    await expect(call(await silentStore(''))).rejects.toThrow(expect.objectContaining({ name: 'BlobStoreAway' }));
  });
  test.each(['get', 'read', 'entries'] as const)('in the middle of its answer to %s is given up', async (name) => {
    const begun = 'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nETag: "a"\r\nContent-Length: 100\r\n\r\n<half';
    const told = name === 'read' ? 'terminated' : 'BlobStoreAway'; // what streams says it by itself
    await expect(calls[name]!(await silentStore(begun)).catch(({ name: kind, message }: Error) => `${kind} ${message}`)).resolves.toContain(
      told,
    );
  });
});

test.each([500, 502, 503, 504])('what S3 answers with %i for now is asked again', async (status) => {
  const sent: string[] = [];
  const server = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      sent.push(`${request.method} ${Buffer.concat(parts).toString()}`);
      const isBusy = sent.length % 3 !== 0;
      response.writeHead(isBusy ? status : 200, { etag: '"a"', 'last-modified': new Date().toUTCString() }).end('x');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  const store = createBlobStore(`s3://${BUCKET}/x`, { ...s3.access, endpoint: `http://127.0.0.1:${port}` });
  await store.put('a', Buffer.from('content'));
  expect((await store.get('blob:a')).toString()).toBe('x');
  expect(sent).toEqual(['PUT content', 'PUT content', 'PUT content', 'GET ', 'GET ', 'GET ']);
});

test('a session token is sent with each request, under its signature', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(request.headers);
    request.resume().on('end', () => response.writeHead(200, { etag: '"a"', 'last-modified': new Date().toUTCString() }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = readConfig({
    BLOB_URL: `s3://${BUCKET}/x`,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'for a while',
  });
  const store = createBlobStore(config.blobUrl, config.s3);
  await store.put('ünï & +%20.txt', Buffer.from('x'));
  await store.get('blob:ünï & +%20.txt');
  await store.exists('blob:a');
  expect(seen.length).toBeGreaterThanOrEqual(3);
  for (const { authorization, 'x-amz-security-token': token } of seen)
    expect([token, authorization]).toEqual([
      'for a while',
      expect.stringMatching(/Credential=key\/.*SignedHeaders=[^,]*x-amz-security-token/),
    ]);
});
