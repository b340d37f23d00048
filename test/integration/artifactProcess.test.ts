import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ARTIFACT_PREFIXES } from '../../api/mlflow/paths.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { residentMb } from '../../platform/proc.mjs';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { rawRequest } from '../support/rawRequest.ts';
import { waitFor } from '../support/waitFor.ts';

const MB = 1024 * 1024;
let database: TestDatabase;
let folder: string;
let api: TestProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops artifacts '));
});
afterEach(() => api?.end());
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function startMlflowDoor() {
  const [port = 0] = await freePorts(1);
  const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1', SERVING_URL: 'http://127.0.0.1:1', REDIS_URL: '' };
  const own = { DATABASE_URL: database.url, BLOB_URL: `file:${folder}`, SURFACES: 'mlflow', MLFLOW_PORT: String(port), LOG_LEVEL: 'warn' };
  api = await startProcess('api', port, { ...nowhere, ...own }, '/health');
}

const at = `${ARTIFACT_PREFIXES[0]}/artifacts/1/r/artifacts/big.bin`;
const chunk = randomBytes(MB);
/** @param mb how much; without an end when missing */
async function* content(mb = Infinity, told: (sentMb: number) => void = () => undefined) {
  for (let sent = 0; sent < mb; sent++) {
    told(sent);
    yield chunk;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The most that the process had in memory while `work` went on. */
async function mostMb(work: Promise<unknown>): Promise<number> {
  let most = 0;
  const look = setInterval(() => (most = Math.max(most, residentMb(api.pid) ?? 0)), 5);
  await work.finally(() => clearInterval(look));
  return most;
}

test('a file goes in and out in far less memory than it has, and is what it was', async () => {
  await startMlflowDoor();
  const mb = 400;
  const url = api.url + at;
  await rawRequest(api.url, 'PUT', at, { body: Readable.from(content(1)) });
  await (await fetch(url)).arrayBuffer();
  const idle = residentMb(api.pid)!;

  const inMb = await mostMb(rawRequest(api.url, 'PUT', at, { body: Readable.from(content(mb)) }));
  const hash = createHash('sha256');
  let bytes = 0;
  const download = async () => {
    for await (const part of (await fetch(url)).body! as unknown as AsyncIterable<Uint8Array>) {
      hash.update(part);
      bytes += part.length;
    }
  };
  const outMb = await mostMb(download());
  const expected = createHash('sha256');
  for (let sent = 0; sent < mb; sent++) expected.update(chunk);
  expect([bytes, hash.digest('hex')]).toEqual([mb * MB, expected.digest('hex')]);
  expect(Math.max(inMb, outMb) - idle).toBeLessThan(100);
});

test('of an upload during which the process was killed nothing is seen, and what it left is removed', async () => {
  await startMlflowDoor();
  let sentMb = 0;
  const upload = rawRequest(api.url, 'PUT', at.replace('big', 'killed'), {
    body: Readable.from(content(Infinity, (sent) => (sentMb = sent))),
  });
  upload.catch(() => undefined);
  await waitFor('some of it to be on the disk', async () => sentMb > 20 && (await leftovers()).length > 0);
  await api.end('SIGKILL');
  await expect(upload).rejects.toThrow();

  await startMlflowDoor();
  expect((await fetch(api.url + at.replace('big', 'killed'))).status).toBe(404);
  const listed = (await (await fetch(`${api.url}${ARTIFACT_PREFIXES[0]}/artifacts?path=1/r/artifacts`)).json()) as {
    files?: { path: string }[];
  };
  expect((listed.files ?? []).filter(({ path: name }) => name !== 'big.bin')).toEqual([]);
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const name of await leftovers()) await utimes(path.join(folder, name), longAgo, longAgo);
  expect(await createBlobStore(`file:${folder}`).removeLeftovers()).toBe(1);
  expect(await leftovers()).toEqual([]);
});

const leftovers = async () => (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.tmp'));
