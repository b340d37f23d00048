import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { identify, isAlive } from '../../deploy/local/supervision/processIdentity.ts';
import { findServed } from '../../domain/serving/served.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';

interface Loaded {
  readonly models: { name: string; version: string; calls: number }[];
  readonly processes: { pid: number; ready: boolean; resident_mb: number; calls: number }[];
}

const PROCESSES = 2;
const DEADLINE_MS = 10_000;
let database: TestDatabase;
let folder: string;
let serving: TestProcess;
let promotions = 0;

async function promote(kind: 'popularity' | 'ease') {
  const blobs = createBlobStore(`file:${folder}`);
  return promoteModel(
    database.pool,
    await trainTinyModel({ blobs, tf: loadTensorflow('cpu').tf }, kind),
    `training/s${(promotions += 1)}/${kind}`,
  );
}
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops scoring '));
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  for (const kind of ['popularity', 'ease'] as const) await promote(kind);
  const [port = 0] = await freePorts(1);
  const settings = {
    ...{ DATABASE_URL: database.url, BLOB_URL: `file:${folder}`, STATE_DIR: folder, SERVING_PORT: String(port), LOG_LEVEL: 'warn' },
    ...{ SERVING_PROCESSES: String(PROCESSES), SERVING_WAITING: '5', SERVING_DEADLINE_MS: String(DEADLINE_MS) },
  };
  serving = await startProcess('serving', port, settings);
  await allReady();
});
afterAll(async () => {
  await serving?.end('SIGKILL');
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const loaded = async () => (await (await fetch(`${serving.url}/models`)).json()) as Loaded;
const pids = async () => (await loaded()).processes.map(({ pid }) => pid);
const allReady = () =>
  waitFor('the processes to be ready', async () => (await loaded()).processes.filter(({ ready }) => ready).length === PROCESSES);
const ask = (endpoint: string, body: object, signal?: AbortSignal) =>
  fetch(`${serving.url}/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
const statusOf = async (answer: Promise<Response>) => (await answer).status;

/** Asks all the while, by a few connections. @returns how many answers there were of each status */
async function askingWhile(work: () => Promise<void>): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  let isOver = false;
  const asking = Array.from({ length: 4 }, async (_, one) => {
    while (!isOver) {
      const status = await statusOf(ask('recommend', { user_id: `u${one}`, k: 3 }));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  await work();
  isOver = true;
  await Promise.all(asking);
  return statuses;
}

test('what the processes answer is what one server answers: by each path, with the words of what is wrong, and its trace', async () => {
  const answer = (await (await ask('recommend', { user_id: 'u1', k: 3 })).json()) as RecommendAnswer;
  expect(answer).toMatchObject({ model: { name: 'ease' }, recommendations: [{}, {}, {}] });
  await waitFor('its trace', async () => (await findServed(database.pool, answer.recommendation_id)).length === 1);
  expect(await (await ask('predict', { user_id: 'u1', movie_ids: ['1', '999'] })).json()).toMatchObject({ unknown_movie_ids: ['999'] });
  expect(await (await ask('recommend/batch', { user_ids: ['u1', 'u2'], k: 1 })).json()).toMatchObject({
    answers: [{ user_id: 'u1' }, { user_id: 'u2' }],
  });
  const inputs = [
    { name: 'user_id', datatype: 'BYTES', shape: [1], data: ['u1'] },
    { name: 'movie_id', datatype: 'INT64', shape: [2], data: [1, 999] },
  ];
  expect(await (await ask('v2/models/popularity/infer', { inputs })).json()).toMatchObject({
    outputs: [
      { name: 'score', data: [expect.any(Number), null] },
      { name: 'known', data: [true, false] },
    ],
  });
  expect(await (await ask('recommend', { user_id: 'u1', route: 'nowhere' })).json()).toMatchObject({
    ...{ status: 422, errors: [{ field: 'body.route', message: 'there is no route nowhere' }] },
  });
  expect(await statusOf(ask('similar', { movie_id: '999' }))).toBe(404);
  expect(await statusOf(ask('v2/models/popularity/versions/77/infer', { inputs }))).toBe(404);
});

test('each version is told once, with the answers of all processes', async () => {
  for (let asked = 0; asked < 6; asked += 1) await ask('recommend', { user_id: `somebody-${asked}` });
  const metrics = await (await fetch(`${serving.url}/metrics`)).text();
  const given = [...metrics.matchAll(/^model_predictions_total\{model="popularity".*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
  expect(given).toBeGreaterThanOrEqual(6);
  await waitFor('the calls to be counted', async () => {
    const { models } = await loaded();
    return models.length === 2 && models.find(({ name }) => name === 'popularity')!.calls === given;
  });
});

test('others are answered while a batch is', async () => {
  const user_ids = Array.from({ length: 1_000 }, (_, at) => `many${at}`);
  let isDone = false;
  const batch = ask('recommend/batch', { user_ids, k: 1 }).finally(() => (isDone = true));
  let between = 0;
  while (!isDone) {
    expect(await statusOf(ask('recommend', { k: 1 }))).toBe(200);
    between += 1;
  }
  expect((await batch).status).toBe(200);
  expect(between).toBeGreaterThan(5);
});

describe('under load', () => {
  test('a process that is killed costs no answer, and another one takes its place', async () => {
    const [killed = 0] = await pids();
    const statuses = await askingWhile(async () => {
      process.kill(killed, 'SIGKILL');
      await waitFor('another process', async () => !(await pids()).includes(killed));
      await allReady();
    });
    expect(Object.keys(statuses)).toEqual(['200']);
    expect(await (await fetch(`${serving.url}/metrics`)).text()).toMatch(/^scoring_processes_ended_total\{.*reason="crashed".*\} 1$/m);
  });

  test('a new champion takes over in each process, and no answer fails', async () => {
    let version = '';
    const statuses = await askingWhile(async () => {
      version = await promote('popularity');
      await waitFor('the new version to answer alone', async () => {
        const answers = await Promise.all(Array.from({ length: 4 }, async () => (await ask('recommend', { k: 1 })).json()));
        return (answers as RecommendAnswer[]).every(({ model }) => model.version === version);
      });
    });
    expect(Object.keys(statuses)).toEqual(['200']);
  });
});

test('while nothing scores, HTTP answers: health at once, the first that ask 503 in time, more of them 503 at once, and afterwards all is well', async () => {
  const frozen = await pids();
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  const startedAt = performance.now();
  const asked = Array.from({ length: 20 }, async () => {
    const answer = await ask('recommend', { k: 1 });
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), afterMs: performance.now() - startedAt };
  });
  expect(await statusOf(fetch(`${serving.url}/health/live`))).toBe(200);
  const answers = await Promise.all(asked);
  for (const pid of frozen) process.kill(pid, 'SIGCONT');
  expect(answers.every(({ status, retryAfter }) => status === 503 && retryAfter !== null)).toBe(true);
  // Two processes have four calls each, and five wait.
  expect(answers.filter(({ afterMs }) => afterMs < DEADLINE_MS)).toHaveLength(20 - PROCESSES * 4 - 5);
  await waitFor('an answer', async () => (await statusOf(ask('recommend', { k: 1 }))) === 200);
});

test('who hangs up while they wait is passed over', async () => {
  const frozen = await pids();
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  const leaving = new AbortController();
  const left = Array.from({ length: PROCESSES * 4 + 5 }, () => ask('recommend', { k: 1 }, leaving.signal).catch(() => undefined));
  await waitFor('no more to be let wait', async () => {
    const patience = new AbortController();
    const refused = ask('recommend', { k: 1 }, patience.signal).then(({ status }) => status === 503);
    const answer = await Promise.race([refused, new Promise((resolve) => setTimeout(resolve, 500, false))]);
    patience.abort();
    refused.catch(() => undefined);
    return answer;
  });
  leaving.abort();
  await Promise.all(left);
  for (const pid of frozen) process.kill(pid, 'SIGCONT');
  await waitFor('an answer', async () => (await statusOf(ask('recommend', { k: 1 }))) === 200);
});

test('the processes end with the server, also where it is killed', async () => {
  const known = (await pids()).map((pid) => identify(pid));
  expect(known).toHaveLength(PROCESSES);
  await serving.end('SIGKILL');
  await waitFor('the processes to end', () => known.every((one) => !isAlive(one)));
});
