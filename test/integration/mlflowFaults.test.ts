import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { ARTIFACT_PREFIXES } from '../../api/mlflow/paths.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { startOwnPostgres, type OwnPostgres } from '../support/ownPostgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { mountSmallDisk, removeSmallDisks } from '../support/smallDisk.ts';
import { waitFor } from '../support/waitFor.ts';

const [PROXY = ''] = ARTIFACT_PREFIXES;
const REST = '/api/2.0/mlflow';

let postgres: OwnPostgres;
let toPostgres: Proxy;
let folder: string;
/** MLflow's own port, and that of the API: a process as it is run, since it must come through without a restart. */
let api: TestProcess;
let doors: string[];
const others: TestApi[] = [];
beforeAll(async () => {
  postgres = await startOwnPostgres();
  toPostgres = await createProxy(postgres.url);
  folder = await mkdtemp(path.join(tmpdir(), 'mlops faults '));
  const [port = 0, mlflowPort = 0] = await freePorts(2);
  api = await startProcess(
    'api',
    port,
    {
      ...{ DATABASE_URL: toPostgres.url, BLOB_URL: `file:${folder}`, SURFACES: 'api,mlflow', REDIS_URL: '', LOG_LEVEL: 'warn' },
      ...{ API_PORT: String(port), MLFLOW_PORT: String(mlflowPort), TEMPORAL_ADDRESS: '127.0.0.1:1', SERVING_URL: 'http://127.0.0.1:1' },
    },
    '/health/live',
  );
  doors = [mlflowPort, port].map((at) => `http://127.0.0.1:${at}`);
});
afterEach(async () => {
  postgres.thaw();
  for (const other of others.splice(0)) await other.stop();
  removeSmallDisks();
});
afterAll(async () => {
  await api?.end();
  await toPostgres?.cut();
  await postgres?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function call(door: string, [method, at, { json, text } = {}]: Request) {
  const body = json === undefined ? text : JSON.stringify(json);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(door + at, { method, headers: type, ...(body !== undefined && { body }) });
  const content = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json');
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    body: (isJson ? JSON.parse(content) : content) as unknown,
  };
}
/** On a disk of its own. */
async function startDoor(blobFolder: string): Promise<TestApi> {
  const database = { url: postgres.url, poolSize: 4, external: true };
  const door = await startTestApi({ database, blobUrl: `file:${blobFolder}` }, createMlflowApi);
  others.push(door);
  return door;
}

type Request = readonly [method: string, path: string, sent?: { json?: unknown; text?: string }];
/** Of each subject what reads and what writes. */
const ASKED: Request[] = [
  ['GET', `${REST}/experiments/search?max_results=1`],
  ['POST', `${REST}/experiments/create`, { json: { name: 'while it is away' } }],
  ['POST', `${REST}/runs/create`, { json: { experiment_id: '0' } }],
  ['POST', `${REST}/runs/search`, { json: { experiment_ids: ['0'] } }],
  ['POST', `${REST}/runs/log-batch`, { json: { run_id: 'a'.repeat(32), metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }] } }],
  ['GET', `${REST}/metrics/get-history?run_id=${'a'.repeat(32)}&metric_key=m`],
  ['POST', `${REST}/logged-models`, { json: { experiment_id: '0' } }],
  ['POST', `${REST}/registered-models/create`, { json: { name: 'm' } }],
  ['GET', `${REST}/registered-models/search?max_results=1`],
  ['GET', `${REST}/registered-models/alias?name=m&alias=champion`],
  ['POST', `${REST}/model-versions/create`, { json: { name: 'm', source: 's3://b/x' } }],
  ['POST', `${REST}/model-versions/transition-stage`, { json: { name: 'm', version: '1', stage: 'Staging' } }],
  ['GET', `${REST}/webhooks?max_results=1`],
  ['GET', `${REST}/artifacts/list?run_id=${'a'.repeat(32)}`],
  ['PUT', `${PROXY}/artifacts/1/r/artifacts/new`, { text: 'x' }],
  ['GET', `${PROXY}/artifacts/1/r/artifacts/file`],
  ['GET', `${PROXY}/artifacts?path=versions/m/1`],
];
const OF_PAGE: Request[] = [
  ['GET', `/get-artifact?run_id=${'a'.repeat(32)}&path=a`],
  ['POST', '/graphql', { json: { query: '{ mlflowGetRun(input: { runId: "a" }) { run { info { runId } } } }' } }],
];

/** What all of them are answered, asked at once, and how long the slowest took. */
async function askAll() {
  const requests = doors.flatMap((door, nth) => [...ASKED, ...(nth === 0 ? OF_PAGE : [])].map((request) => ({ door, request })));
  const answers = await Promise.all(
    requests.map(async ({ door, request }) => {
      const startedAt = performance.now();
      const answer = await call(door, request);
      return { asked: `${request[0]} ${request[1]}`, ms: performance.now() - startedAt, answer };
    }),
  );
  return { answers: answers.map(({ asked, answer }) => ({ asked, ...answer })), slowestMs: Math.max(...answers.map(({ ms }) => ms)) };
}

const AWAY = {
  status: 503,
  retryAfter: '2',
  body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'postgres is not available; try again shortly' },
};

describe('while Postgres is away', () => {
  const isWell = async () => {
    const answers = await Promise.all(doors.map((door) => call(door, ['GET', `${REST}/experiments/search?max_results=1`])));
    return answers.every(({ status }) => status === 200);
  };
  test.each([
    ['gone', () => toPostgres.cut(), () => toPostgres.restore()],
    ['frozen', () => postgres.freeze(), async () => postgres.thaw()],
  ] as const)(
    'because it is %s, every call is answered in MLflow’s words within seconds, and all is well again by itself',
    async (_, take, giveBack) => {
      await waitFor('both doors to have connections', isWell);
      expect((await call(doors[0]!, ['PUT', `${PROXY}/artifacts/1/r/artifacts/file`, { text: 'kept' }])).status).toBe(200);
      await take();
      const { answers, slowestMs } = await askAll();
      expect(answers).toEqual(answers.map(({ asked }) => ({ asked, ...AWAY })));
      expect(slowestMs).toBeLessThan(busyBound(7_000));
      await giveBack();
      await waitFor('both doors to be well', isWell);
      const statuses = (await askAll()).answers.map(({ status }) => status);
      expect(statuses.filter((status) => status >= 500)).toEqual([]);
      expect(await call(doors[1]!, ['GET', `${PROXY}/artifacts/1/r/artifacts/file`])).toMatchObject({ status: 200, body: 'kept' });
    },
  );
});

describe('a blob store without room', () => {
  const testOnDisk = mountSmallDisk() ? test : test.skip;
  removeSmallDisks();
  const FULL = {
    error_code: 'TEMPORARILY_UNAVAILABLE',
    message: 'The blob store is full; nothing of this was kept. Make room and try again',
  };
  const files = async (of: string) =>
    (await readdir(of, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);

  testOnDisk(
    'refuses an upload in MLflow’s words, keeps nothing of it, and what was there; the next goes well once there is room',
    async () => {
      const small = mountSmallDisk()!;
      const door = await startDoor(small.folder);
      const at = `${PROXY}/artifacts/1/r/artifacts/model.bin`;
      const put = (bytes: number) => door.call<unknown>('PUT', at, { text: 'a'.repeat(bytes) });
      const read = async () => ((await door.call<string>('GET', at)).body ?? '').length;
      const list = async () => (await door.call('GET', `${PROXY}/artifacts?path=1/r/artifacts`)).body;

      expect((await put(100_000)).status).toBe(200);
      const before = await list();
      // It fits not even when there is nothing else.
      expect(await put(3_000_000)).toMatchObject({ status: 503, body: FULL });
      expect([await files(small.folder), await list(), await read()]).toEqual([['model.bin'], before, 100_000]);
      small.fill();
      expect(await put(100_000)).toMatchObject({ status: 503, body: FULL });
      expect(await door.call('PUT', `${PROXY}/artifacts/2/new/artifacts/f`, { text: 'x'.repeat(5_000) })).toMatchObject({
        status: 503,
        body: FULL,
      });
      const begun = await door.call('POST', `${PROXY}/mpu/create/1/r/artifacts`, { json: { path: 'big', num_parts: 1 } });
      expect(begun).toMatchObject({ status: 503, body: FULL });
      expect([(await files(small.folder)).sort(), await list(), await read()]).toEqual([['ballast', 'model.bin'], before, 100_000]);

      small.free();
      expect((await put(200_000)).status).toBe(200);
      expect([await files(small.folder), await read()]).toEqual([['model.bin'], 200_000]);
    },
  );

  testOnDisk('refuses the part, or the whole of an upload in parts, that has no room, which can be sent again', async () => {
    const small = mountSmallDisk()!;
    const door = await startDoor(small.folder);
    const mpu = (action: string, json: object) => door.call<never>('POST', `${PROXY}/mpu/${action}/1/r/artifacts`, { json });
    interface Begun {
      upload_id: string;
      credentials: { url: string; part_number: number }[];
    }
    const { upload_id, credentials } = (await mpu('create', { path: 'big', num_parts: 2 })).body as Begun;
    const send = async (nth: 0 | 1, bytes: number) => {
      const answer = await fetch(credentials[nth]!.url, { method: 'PUT', body: 'p'.repeat(bytes) });
      return { status: answer.status, part: { part_number: nth + 1, etag: answer.headers.get('etag') ?? '' } };
    };
    expect((await send(0, 3_000_000)).status).toBe(503);
    const parts = [(await send(0, 400_000)).part, (await send(1, 400_000)).part];
    // The parts have room, and their sum beside them has none.
    expect(await mpu('complete', { path: 'big', upload_id, parts })).toMatchObject({ status: 503, body: FULL });
    expect((await door.call('GET', `${PROXY}/artifacts?path=1/r/artifacts`)).body).toEqual({});
    const smaller = [(await send(0, 100_000)).part, (await send(1, 100_000)).part];
    expect(await mpu('complete', { path: 'big', upload_id, parts: smaller })).toMatchObject({ status: 200 });
    expect((await door.call<string>('GET', `${PROXY}/artifacts/1/r/artifacts/big`)).body).toHaveLength(200_000);
    expect(await files(small.folder)).toEqual(['big']);
  });
});
