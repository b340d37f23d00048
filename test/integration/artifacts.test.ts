import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { ARTIFACT_PREFIXES } from '../../api/mlflow/paths.ts';
import { createApi } from '../../api/rest/app.ts';
import { MOST_PARTS } from '../../domain/artifacts/partUploads.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, holdModel } from '../../domain/registry/versions.ts';
import { writeModelFolder } from '../../domain/recommender/training/modelFolder.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { rawRequest } from '../support/rawRequest.ts';
import { waitFor } from '../support/waitFor.ts';

const [PROXY = ''] = ARTIFACT_PREFIXES;
const CREDENTIALS = [
  { name: 'looks', role: 'viewer' as const, secret: 'viewer-secret-of-16' },
  { name: 'works', role: 'operator' as const, secret: 'operator-secret-16' },
];
const VIEWER = { 'x-api-key': 'viewer-secret-of-16' };
const OPERATOR = { 'x-api-key': 'operator-secret-16' };

let database: TestDatabase;
let folder: string;
/** On MLflow's port and on that of the API. */
let doors: TestApi[];
let door: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops artifacts '));
  const settings = {
    database: { url: database.url, poolSize: 4, external: true },
    blobUrl: `file:${folder}/blobs`,
    access: { host: '127.0.0.1', credentials: CREDENTIALS, allowedHosts: [], allowedOrigins: [] },
  };
  doors = [await startTestApi(settings, createMlflowApi), await startTestApi(settings, createApi)];
  door = doors[0]!;
});
beforeEach(() => rm(path.join(folder, 'blobs'), { recursive: true, force: true }));
afterAll(async () => {
  await Promise.all((doors ?? []).map((each) => each.stop()));
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const put = (file: string, text: string, headers = {}) =>
  door.call('PUT', `${PROXY}/artifacts/${file}`, { text, headers: { ...OPERATOR, ...headers } });
const get = (file: string, headers = {}) => door.call<string>('GET', `${PROXY}/artifacts/${file}`, { headers: { ...VIEWER, ...headers } });
const list = async (at: string) =>
  (await door.call('GET', `${PROXY}/artifacts?path=${encodeURIComponent(at)}`, { headers: VIEWER })).body as unknown;
const stored = async () => (existsSync(`${folder}/blobs`) ? (await readdir(`${folder}/blobs`, { recursive: true })).sort() : []);
const digestOf = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;

test.each(ARTIFACT_PREFIXES)('files are kept, given, listed and removed under %s, on both ports', async (prefix) => {
  for (const api of doors) {
    const ask = (method: string, at: string, text?: string) =>
      api.call<unknown>(method, prefix + at, { headers: OPERATOR, ...(text !== undefined && { text }) });
    expect(await ask('PUT', '/artifacts/1/r/artifacts/dir/ünï%20cödé.txt', 'one')).toMatchObject({ status: 200, body: '' });
    expect(await ask('PUT', '/artifacts/1/r/artifacts/empty', '')).toMatchObject({ status: 200, body: '' });
    expect((await ask('GET', '/artifacts/1/r/artifacts/dir/ünï%20cödé.txt')).body).toBe('one');
    expect((await ask('GET', '/artifacts/1/r/artifacts/empty')).body).toBe('');
    const files = [
      { path: 'dir', is_dir: true },
      { path: 'empty', is_dir: false, file_size: 0 },
    ];
    expect((await ask('GET', '/artifacts?path=1/r/artifacts')).body).toEqual({ files });
    expect((await ask('GET', '/artifacts?path=1/r/artifacts/dir')).body).toEqual({
      files: [{ path: 'ünï cödé.txt', is_dir: false, file_size: 3 }],
    });
    expect((await ask('GET', '/artifacts?path=1/r/artifacts/empty')).body).toEqual({});
    expect(await ask('DELETE', '/artifacts/1/r/artifacts/')).toMatchObject({ status: 200, body: {} });
    expect((await ask('GET', '/artifacts?path=1/r/artifacts')).body).toEqual({});
    expect(await ask('DELETE', '/artifacts/1/r/artifacts')).toMatchObject({ status: 200, body: {} });
  }
});

test('what is not there, and what is a folder, is said as MLflow says it', async () => {
  await put('1/r/dir/file', 'x');
  expect(await get('1/r/none')).toMatchObject({
    status: 404,
    body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "No such artifact: '1/r/none'" },
  });
  expect(await get('1/r/dir')).toMatchObject({
    status: 400,
    body: { error_code: 'INVALID_PARAMETER_VALUE', message: "Artifact path refers to a directory, not a file: '1/r/dir'" },
  });
  for (const file of ['1/r/dir', '1/r/dir/file/below']) expect(await put(file, 'y')).toMatchObject({ status: 400 });
  expect((await get('1/r/dir/file')).body).toBe('x');
  const presigned = await door.call('GET', `${PROXY}/presigned/1/r/dir/file`, { headers: VIEWER });
  expect(presigned).toMatchObject({ status: 501, body: { error_code: 'NOT_IMPLEMENTED' } });
});

test('a page that a run stored is a file to keep, and runs nothing on our origin', async () => {
  for (const name of ['page.html', 'image.svg', 'quote".html']) {
    await put(`1/r/${encodeURIComponent(name)}`, '<script>alert(1)</script>');
    const { headers } = await get(`1/r/${encodeURIComponent(name)}`);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename=/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
  }
});

test('a pickle is kept and given back as the bytes it is', async () => {
  const pickle = Buffer.from('80049526000000000000008c05706f736978948c0673797374656d9493948c0a746f756368202f746d708594529472e', 'hex');
  const url = `${door.url}${PROXY}/artifacts/1/models/m-1/artifacts/model.pkl`;
  expect((await fetch(url, { method: 'PUT', body: pickle, headers: OPERATOR })).status).toBe(200);
  const answer = await fetch(url, { headers: VIEWER });
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(pickle);
});

describe('of a file can be had', () => {
  test('a range', async () => {
    await put('1/r/letters', 'abcdefghij');
    const ranges = { 'bytes=2-4': 'cde', 'bytes=7-': 'hij', 'bytes=-2': 'ij', 'bytes=8-100': 'ij' };
    for (const [range, text] of Object.entries(ranges))
      expect(await get('1/r/letters', { range })).toMatchObject({ status: 206, body: text });
    expect((await get('1/r/letters', { range: 'bytes=2-4' })).headers.get('content-range')).toBe('bytes 2-4/10');
    const beyond = await get('1/r/letters', { range: 'bytes=10-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(await get('1/r/letters', { range: 'bytes=0-1,4-5' })).toMatchObject({ status: 200, body: 'abcdefghij' });
  });

  test('nothing where it is as the caller has it, and a range alone of the same state', async () => {
    await put('1/r/letters', 'abcdefghij');
    const etag = (await get('1/r/letters')).headers.get('etag')!;
    // fetch would ask for it anew
    const unless = () => rawRequest(door.url, 'GET', `${PROXY}/artifacts/1/r/letters`, { headers: { ...VIEWER, 'if-none-match': etag } });
    expect(await unless()).toMatchObject({ status: 304, text: '' });
    expect((await get('1/r/letters', { range: 'bytes=0-1', 'if-range': etag })).body).toBe('ab');
    await put('1/r/letters', '0123456789');
    expect(await get('1/r/letters', { range: 'bytes=0-1', 'if-range': etag })).toMatchObject({ status: 200, body: '0123456789' });
    expect((await unless()).status).toBe(200);
  });

  test('its head', async () => {
    await put('1/r/letters', 'abc');
    const { status, headers, body } = await door.call('HEAD', `${PROXY}/artifacts/1/r/letters`, { headers: VIEWER });
    expect([status, headers.get('content-length'), body]).toEqual([200, '3', '']);
  });

  test('the digest that it was uploaded with, as long as it is the same', async () => {
    await put('1/r/file', 'what it is');
    expect((await get('1/r/file')).headers.get('repr-digest')).toBe(digestOf('what it is'));
    await writeFile(`${folder}/blobs/artifacts/1/r/file`, 'what it is no more');
    expect((await get('1/r/file')).headers.get('repr-digest')).toBeNull();
    await door.call('DELETE', `${PROXY}/artifacts/1/r`, { headers: OPERATOR });
    const { rows } = await database.pool.query("select from artifact_digests where path like '1/r/%'");
    expect(rows).toEqual([]);
  });
});

test('an upload that is not what its digest says is refused, and what was there stays', async () => {
  await put('1/r/file', 'old', { 'repr-digest': digestOf('old') });
  expect(await put('1/r/file', 'new', { 'repr-digest': digestOf('other') })).toMatchObject({ status: 400 });
  expect((await get('1/r/file')).body).toBe('old');
  expect(await stored()).toEqual(['artifacts', 'artifacts/1', 'artifacts/1/r', 'artifacts/1/r/file']);
});

test('a SHA-256 that cannot be read is refused, and another digest is passed over', async () => {
  for (const told of ['sha-256=:abc:', 'sha-256=abc', 'md5=:abc:, sha-256', digestOf('new').replace('sha', 'SHA')])
    expect(await put('1/r/file', 'new', { 'repr-digest': told })).toMatchObject({ status: 400 });
  expect(await stored()).toEqual([]);
  expect(await put('1/r/file', 'new', { 'repr-digest': 'md5=:abc:' })).toMatchObject({ status: 200 });
});

describe('an upload that is cut leaves nothing that looks whole:', () => {
  test.each([
    ['one that said how long it is', 'Content-Length: 1000000', 'half of it'],
    ['one in chunks', 'Transfer-Encoding: chunked', '5\r\nhalf \r\n'],
  ])('%s', async (_, header, part) => {
    await put('1/r/cut', 'old');
    const { port } = new URL(door.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT ${PROXY}/artifacts/1/r/cut HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${OPERATOR['x-api-key']}\r\n${header}\r\n\r\n${part}`,
    );
    await waitFor('the upload to begin', async () => (await stored()).some((name) => name.endsWith('.tmp')));
    expect(await list('1/r')).toEqual({ files: [{ path: 'cut', is_dir: false, file_size: 3 }] });
    socket.destroy();
    await waitFor('nothing to be left', async () => !(await stored()).some((name) => name.endsWith('.tmp')));
    expect((await get('1/r/cut')).body).toBe('old');
  });

  test('what is not whole yet has no address', async () => {
    const aside = '1/r/file.0b0e7c5a-4f6d-4d0c-9c3b-7a3f2f1d9e11.tmp';
    await mkdir(`${folder}/blobs/artifacts/1/r`, { recursive: true });
    await writeFile(`${folder}/blobs/artifacts/${aside}`, 'half');
    expect((await get(aside)).status).toBe(400);
    expect(await list('1/r')).toEqual({});
  });
});

/** Each as it goes over the wire, below the root of the artifacts. */
const ELSEWHERE = {
  upwards: '1/../../secret',
  'upwards at the end': '1/r/..',
  'upwards, encoded': '1/%2e%2e/%2e%2e/secret',
  'upwards, encoded twice': '1/%252e%252e/%252e%252e/secret',
  'upwards, encoded four times': '1/%252525252e%252525252e/secret',
  'upwards, encoded twice beside what is no UTF-8': '1/%252e%252e/%252e%252e/secret%25ff',
  'upwards in one name': '1/..%2f..%2fsecret',
  'upwards by backslashes': '..%5c..%5csecret',
  'the folder itself': '1/./secret',
  'from the root of the disk': '/etc/passwd',
  'from the root of the disk, encoded': '%2fetc%2fpasswd',
  'by doubled slashes': '1//secret',
  'by a drive': 'C:/secret',
  'by a drive, encoded': 'c%3a%2fsecret',
  'by a share': '%5c%5chost%5cshare',
  'by an address': 'file:/etc/passwd',
  'by a fragment': '1/a%23/../secret',
  'with a NUL': '1/secret%00.txt',
  'with a line break': '1/secret%0d%0aset-cookie:x',
  'overlong UTF-8': '1/%c0%ae%c0%ae/secret',
  'no UTF-8': '1/%ff',
  'a name of 10,000 characters': `1/${'n'.repeat(10_000)}`,
  '10,000 names': `1/${'n/'.repeat(5_000)}n`,
  'a path beyond what S3 takes': `1/${'nnnnnnnnn/'.repeat(100)}n`,
};

describe('a path that leads elsewhere is refused by all that take one:', () => {
  test.each(Object.entries(ELSEWHERE))('%s', async (_, elsewhere) => {
    await writeFile(path.join(folder, 'secret'), 'of another');
    await mkdir(`${folder}/blobs/1`, { recursive: true });
    await writeFile(`${folder}/blobs/secret`, 'of the store');
    const before = await stored();
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await rawRequest(door.url, method, `${PROXY}/artifacts/${elsewhere}`, { headers: OPERATOR });
      expect([method, answer.status]).toEqual([method, 400]);
      if (method !== 'HEAD')
        expect(JSON.parse(answer.text)).toMatchObject({ error_code: expect.stringMatching(/^(INVALID_PARAMETER_VALUE|BAD_REQUEST)$/) });
      expect(answer.text.length).toBeLessThan(2_500);
    }
    for (const action of ['create', 'complete', 'abort']) {
      const body = JSON.stringify({ path: 'file', upload_id: '0b0e7c5a-4f6d-4d0c-9c3b-7a3f2f1d9e11', parts: [] });
      const headers = { ...OPERATOR, 'content-type': 'application/json' };
      expect((await rawRequest(door.url, 'POST', `${PROXY}/mpu/${action}/${elsewhere}`, { headers, body })).status).toBe(400);
    }
    expect(await stored()).toEqual(before);
  });

  test.each([
    '../secret',
    '..',
    '1/../../secret',
    '/etc',
    '//etc',
    '..%2fsecret',
    '%2e%2e/secret',
    '%252e%252e',
    'C:\\',
    'a\\b',
    'a#b',
    'a\0b',
  ])('in a query: %j', async (elsewhere) => {
    const runId = await aRun();
    const query = `path=${encodeURIComponent(elsewhere)}`;
    for (const at of [
      `${PROXY}/artifacts?${query}`,
      `/api/2.0/mlflow/artifacts/list?run_id=${runId}&${query}`,
      `/get-artifact?run_id=${runId}&${query}`,
    ]) {
      const { status, body } = await door.call(at.includes('?') ? 'GET' : '', at, { headers: OPERATOR });
      expect({ at, status, code: (body as unknown as { error_code: string }).error_code }).toEqual({
        at,
        status: 400,
        code: 'INVALID_PARAMETER_VALUE',
      });
    }
  });

  test('a symbolic link among the artifacts is no way out, and none into another run', async () => {
    await put('1/other/artifacts/theirs', 'theirs');
    await put('1/r/artifacts/own', 'own');
    await writeFile(path.join(folder, 'secret'), 'of another');
    const at = `${folder}/blobs/artifacts/1/r/artifacts`;
    await symlink(path.join(folder, 'secret'), `${at}/file`);
    await symlink(folder, `${at}/out`);
    await symlink(`${folder}/blobs/artifacts/1/other/artifacts`, `${at}/across`);
    expect(await list('1/r/artifacts')).toEqual({ files: [{ path: 'own', is_dir: false, file_size: 3 }] });
    for (const each of ['out', 'across']) expect(await list(`1/r/artifacts/${each}`)).toEqual({});
    for (const each of ['file', 'out/secret', 'across/theirs']) expect((await get(`1/r/artifacts/${each}`)).status).toBe(404);
    for (const each of ['out/new', 'across/new']) expect((await put(`1/r/artifacts/${each}`, 'x')).status).toBe(400);
    for (const each of ['out/secret', 'across/theirs'])
      await door.call('DELETE', `${PROXY}/artifacts/1/r/artifacts/${each}`, { headers: OPERATOR });
    expect(await readFile(path.join(folder, 'secret'), 'utf8')).toBe('of another');
    expect((await get('1/other/artifacts/theirs')).body).toBe('theirs');
  });
});

test('a viewer reads and changes nothing; strangers do not even read', async () => {
  await put('1/r/file', 'x');
  const ask = (method: string, at: string, headers: Record<string, string>) => door.call(method, PROXY + at, { headers });
  const changes = [
    ['PUT', '/artifacts/1/r/file'],
    ['DELETE', '/artifacts/1/r/file'],
    ['PUT', '/mpu/part/0b0e7c5a-4f6d-4d0c-9c3b-7a3f2f1d9e11/1'],
    ...['create', 'complete', 'abort'].map((action) => ['POST', `/mpu/${action}/1/r`]),
  ] as const;
  for (const [method, at] of changes)
    expect(await ask(method, at, VIEWER)).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
  for (const [method, at] of [...changes, ['GET', '/artifacts/1/r/file'], ['GET', '/artifacts']] as const)
    expect(await ask(method, at, {})).toMatchObject({ status: 401, body: { error_code: 'UNAUTHENTICATED' } });
  expect((await get('1/r/file')).body).toBe('x');
});

async function aRun(): Promise<string> {
  const experimentId = await ensureExperiment(database.pool, 'artifacts');
  return startRegistryRun(database.pool, { experimentId, name: 'r', userId: 'somebody', origin: null });
}

test('the files of a run are listed by its id, and shown to the web page', async () => {
  const runId = await aRun();
  const ask = (at: string) => door.call<unknown>('GET', at, { headers: VIEWER });
  const { root_uri: root } = (await ask(`/api/2.0/mlflow/artifacts/list?run_id=${runId}`)).body as { root_uri: string };
  expect(root).toMatch(new RegExp(`^mlflow-artifacts:/\\d+/${runId}/artifacts$`));
  const at = root.replace('mlflow-artifacts:/', '');
  await put(`${at}/MLmodel`, 'flavors:');
  await put(`${at}/model/weights.bin`, 'xx');
  expect((await ask(`/ajax-api/2.0/mlflow/artifacts/list?run_uuid=${runId}`)).body).toEqual({
    root_uri: root,
    files: [
      { path: 'MLmodel', is_dir: false, file_size: 8 },
      { path: 'model', is_dir: true },
    ],
  });
  expect((await ask(`/api/2.0/mlflow/artifacts/list?run_id=${runId}&path=model`)).body).toEqual({
    root_uri: root,
    files: [{ path: 'model/weights.bin', is_dir: false, file_size: 2 }],
  });
  expect((await ask(`/get-artifact?run_uuid=${runId}&path=MLmodel`)).body).toBe('flavors:');
  const made = await door.call('POST', '/api/2.0/mlflow/registered-models/create', { headers: OPERATOR, json: { name: 'of a run' } });
  expect(made.status).toBe(200);
  for (const source of [`runs:/${runId}/model`, `${root}/model`]) {
    const json = { name: 'of a run', source, run_id: runId };
    const { body } = await door.call<{ model_version: { version: string } }>('POST', '/api/2.0/mlflow/model-versions/create', {
      headers: OPERATOR,
      json,
    });
    const { version } = body.model_version;
    expect((await ask(`/model-versions/get-artifact?name=of+a+run&version=${version}&path=weights.bin`)).body).toBe('xx');
  }
  expect(await ask('/model-versions/get-artifact?name=of+a+run&version=none&path=weights.bin')).toMatchObject({ status: 400 });
  for (const unknown of [`/api/2.0/mlflow/artifacts/list?run_id=nobody`, `/get-artifact?run_id=nobody&path=a`])
    expect(await ask(unknown)).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Run with id=nobody not found' },
    });
  expect(await ask('/api/2.0/mlflow/artifacts/list')).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
});

test('the files of a version that a pipeline registered are read with their digests, whatever its name, and not changed', async () => {
  const blobs = createBlobStore(`file:${folder}/blobs`);
  const { uri } = await writeModelFolder(blobs, 'ease', { 'config.json': Buffer.from('{}') });
  const name = 'movies & 100%25';
  await holdModel(database.pool, name);
  const version = await createModelVersion(database.pool, { name, source: uri, registryRunId: null, origin: null, tags: {} });
  const at = (below: string) => `versions/${encodeURIComponent(name)}/${below}`;
  expect(await list(at(version))).toMatchObject({ files: [{ path: 'config.json' }, { path: 'manifest.json' }] });
  const config = await get(at(`${version}/config.json`));
  expect([config.body, config.headers.get('repr-digest')]).toEqual([{}, digestOf('{}')]);
  const shown = (which: string, path: string) =>
    door.call('GET', `/model-versions/get-artifact?${new URLSearchParams({ name, version: which, path }).toString()}`, {
      headers: OPERATOR,
    });
  expect((await shown(version, 'config.json')).body).toEqual({});
  expect([(await shown('99', 'config.json')).status, (await shown(version, '../x')).status]).toEqual([404, 400]);
  for (const each of [`${version}/none`, '99/config.json']) expect((await get(at(each))).status).toBe(404);
  await put('1/secret', 'x');
  for (const source of ['blob:..', 'blob:trained/../artifacts/1', 'blob:artifacts/1', 'mlflow-artifacts:/1', 'file:/etc', `${uri}/..`]) {
    const foreign = await createModelVersion(database.pool, { name, source, registryRunId: null, origin: null, tags: {} });
    expect([source, (await get(at(`${foreign}/secret`))).status, await list(at(foreign))]).toEqual([source, 404, {}]);
  }
  expect((await put(at(`${version}/config.json`), 'changed')).status).toBe(400);
  expect((await door.call('DELETE', `${PROXY}/artifacts/${at(version)}`, { headers: OPERATOR })).status).toBe(400);
  expect((await door.call('DELETE', `${PROXY}/artifacts/versions`, { headers: OPERATOR })).status).toBe(400);
});

describe('a file that comes in parts', () => {
  const BASIC = { authorization: `Basic ${Buffer.from('works:operator-secret-16').toString('base64')}` };
  const mpu = (action: string, json: object) => door.call<never>('POST', `${PROXY}/mpu/${action}/1/r/artifacts`, { json, headers: BASIC });
  interface Created {
    upload_id: string;
    credentials: { url: string; part_number: number; headers: Record<string, string> }[];
  }
  const create = async (parts: number) => (await mpu('create', { path: '/home/of/client/big.bin', num_parts: parts })).body as Created;
  /** As MLflow's client sends it: the headers that it was given, and none of its own. */
  const send = async ({ url, part_number, headers }: Created['credentials'][number], body: string) => {
    const answer = await fetch(url, { method: 'PUT', body, headers });
    return { part_number, etag: answer.headers.get('etag') ?? '', status: answer.status };
  };

  test('is there once all have come, whatever their order, and not before', async () => {
    const { upload_id, credentials } = await create(3);
    const parts = [await send(credentials[2]!, 'three'), await send(credentials[0]!, 'one'), await send(credentials[1]!, 'two')];
    expect(await list('1')).toEqual({});
    expect(await mpu('complete', { path: 'big.bin', upload_id, parts })).toMatchObject({ status: 200, body: {} });
    expect((await get('1/r/artifacts/big.bin')).body).toBe('onetwothree');
    expect((await get('1/r/artifacts/big.bin')).headers.get('repr-digest')).toBe(digestOf('onetwothree'));
    expect(await readdir(`${folder}/blobs/uploads`)).toEqual([]);
  });

  test('is not there while a part is missing, sent twice or another than was uploaded', async () => {
    const { upload_id, credentials } = await create(2);
    const [one, two] = [await send(credentials[0]!, 'one'), await send(credentials[1]!, 'two')];
    for (const parts of [[], [one], [one, one], [one, two, { ...two, part_number: 3 }], [one, { ...two, etag: '"other"' }]])
      expect(await mpu('complete', { path: 'big.bin', upload_id, parts })).toMatchObject({ status: 400 });
    expect(await list('1/r/artifacts')).toEqual({});
    expect((await send({ ...credentials[0]!, url: credentials[0]!.url.replace(/1$/, '3') }, 'x')).status).toBe(400);
    expect(await mpu('complete', { path: 'other.bin', upload_id, parts: [one, two] })).toMatchObject({ status: 404 });
  });

  test('is forgotten when it is given up', async () => {
    const { upload_id, credentials } = await create(1);
    await send(credentials[0]!, 'one');
    expect(await mpu('abort', { path: 'big.bin', upload_id })).toMatchObject({ status: 200, body: {} });
    expect(await readdir(`${folder}/blobs/uploads`)).toEqual([]);
    expect((await send(credentials[0]!, 'one')).status).toBe(404);
    for (const id of [upload_id, '..', 'x/../..']) expect((await mpu('abort', { path: 'big.bin', upload_id: id })).status).toBe(404);
  });

  test('has a bounded number of them', async () => {
    for (const num_parts of [0, -1, MOST_PARTS + 1, 1e308]) expect((await mpu('create', { path: 'f', num_parts })).status).toBe(400);
  });
});

test('a store that is away or full is said, and is no fault of the file', async () => {
  await rm(`${folder}/blobs`, { recursive: true, force: true });
  await writeFile(`${folder}/blobs`, 'where the disk was');
  const answer = await put('1/r/file', 'x');
  await rm(`${folder}/blobs`);
  expect(answer).toMatchObject({ status: 503, body: { error_code: 'TEMPORARILY_UNAVAILABLE' } });
  expect(JSON.stringify(answer.body)).toContain('blob store');
});
