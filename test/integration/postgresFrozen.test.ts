import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { MODEL_SERVER_TIMEOUT_MS } from '../../api/modelServer.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createPool, isDatabaseUnavailable, listen, POOL_WAITS, SILENCE_MS, withTransaction } from '../../platform/postgres.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { measureBacklog } from '../../workers/ingest/measureBacklog.ts';
import { connectServing } from '../../serving/connect.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../support/api.ts';
import { silentLog } from '../support/database.ts';
import { startFakeModelServer, type FakeModelServer } from '../support/modelServer.ts';
import { startOwnPostgres, type OwnPostgres } from '../support/ownPostgres.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { busyBound } from '../support/busyBound.ts';
import { waitFor } from '../support/waitFor.ts';
import { scoringHere } from '../support/scoringHere.ts';

let postgres: OwnPostgres;
let modelServer: FakeModelServer;
let api: TestApi;
beforeAll(async () => {
  [postgres, modelServer] = await Promise.all([startOwnPostgres(), startFakeModelServer()]);
  api = await startTestApi({ database: { url: postgres.url, poolSize: 4, external: true }, servingUrl: modelServer.url });
  await postgres.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
});
afterEach(() => postgres.thaw());
afterAll(async () => {
  await api.stop();
  await modelServer.close();
  await postgres.remove();
});

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; outcome: T }> {
  const startedAt = performance.now();
  const outcome = await work();
  return { ms: performance.now() - startedAt, outcome };
}

test('while Postgres is frozen every request is answered in seconds, by 503 with Retry-After, and all goes on when it is thawed', async () => {
  const event = { event_id: randomUUID(), user_id: 'u1', movie_id: 1, interaction_type: 'view' };
  const asked: (readonly [string, string, unknown?])[] = [
    ['POST', '/api/v1/events/user-interaction', event],
    ['POST', '/api/v1/trigger/model-drift', { model_name: 'ease', drift_score: 2, threshold: 1 }],
    ['GET', '/api/v1/movies/1'],
    ['GET', '/api/v1/runs'],
    ['GET', '/api/v1/models'],
    ['GET', '/api/v1/features/views'],
    ['GET', '/api/v1/data/quality'],
    ['POST', '/api/v1/runs', { workflow: 'movieDataCollection', run: 'frozen' }],
  ];
  const ask = ([method, at, json]: (typeof asked)[number]) => api.call(method, at, { json });
  // Connections that are there already are silent in another way than new ones.
  await Promise.all(asked.slice(2, 7).map(ask));

  await postgres.freeze();
  const answers = await Promise.all(asked.map((request) => timed(() => ask(request))));
  expect(answers.map(({ outcome: { status, headers, body } }) => [status, headers.get('retry-after'), body.detail])).toEqual(
    asked.map(() => [503, '2', 'postgres is not available; try again shortly']),
  );
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(busyBound(7_000));

  const health = await timed(() => api.call<{ dependencies: Record<string, { ok: boolean }> }>('GET', '/health'));
  expect([health.outcome.status, health.outcome.body.dependencies['postgres']!.ok]).toEqual([503, false]);
  expect(health.ms).toBeLessThan(busyBound(2_500));

  postgres.thaw();
  await waitFor('the movie', async () => (await ask(asked[2]!)).status === 200);
  expect((await ask(asked[0]!)).status).toBe(202);
});

test('a query that takes too long on a server that is there is cancelled there, and the pool goes on', async () => {
  const pool = createPool({ url: postgres.url, poolSize: 1, log: silentLog, waits: { connectMs: 1_000, queryMs: 200 } });
  try {
    const failure = await pool.query('select pg_sleep(30)').catch((error: unknown) => error);
    expect([(failure as { code: string }).code, isDatabaseUnavailable(failure)]).toEqual(['57014', true]);
    const running = `select from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`;
    const isOver = async () => (await postgres.pool.query(running)).rowCount === 0;
    await waitFor('it to end there, before its 30 seconds', isOver, { timeoutMs: 20_000 });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await pool.end();
  }
});

test('what waits is told while Postgres is frozen too, as it was seen last', async () => {
  const metrics = createMetrics('frozen');
  const ends: (() => Promise<unknown>)[] = [];
  const context = { config: { database: { url: postgres.url, poolSize: 1, external: true } }, log: silentLog, metrics };
  const kafka = { lag: () => Promise.resolve(0) };
  measureBacklog({ ...context, onShutdown: (_, close) => void ends.push(close) }, { kafka, group: 'ingest', topics: ['user-events'] });
  expect(await metrics.metrics()).toMatch(/^outbox_pending\{.*\} \d+$/m);
  await postgres.freeze();
  const { ms, outcome } = await timed(() => metrics.metrics());
  expect(ms).toBeLessThan(busyBound(6_500));
  expect(outcome).toMatch(/^outbox_pending\{.*\} \d+$/m);
  postgres.thaw();
  await Promise.all(ends.map((end) => end()));
});

test('a transaction on a frozen server ends, and its connection is closed, not used again', async () => {
  const pool = createPool({ url: postgres.url, poolSize: 2, log: silentLog, waits: { connectMs: 1_000, queryMs: 500 } });
  await pool.query('select 1');
  const { ms, outcome } = await timed(() =>
    withTransaction(pool, async (connection) => {
      await postgres.freeze();
      await connection.query('select 1');
    }).catch((error: unknown) => error),
  );
  expect([isDatabaseUnavailable(outcome), (outcome as Error).message]).toEqual([true, 'Query read timeout']);
  expect(ms).toBeLessThan(busyBound(1_500));
  expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
  expect((await timed(() => pool.end())).ms).toBeLessThan(busyBound(500));
});

test('a pool ends in time also in the middle of a long query on a frozen server', async () => {
  const pool = createPool({ url: postgres.url, poolSize: 1, log: silentLog, waits: POOL_WAITS.step });
  const held = withTransaction(pool, (connection) => connection.query('select pg_sleep(60)')).catch((error: unknown) => error);
  await waitFor('the query', async () => {
    const { rows } = await postgres.pool.query(`select from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`);
    return rows.length === 1;
  });
  await postgres.freeze();
  expect((await timed(() => pool.end())).ms).toBeLessThan(busyBound(4_000));
  expect(isDatabaseUnavailable(await held)).toBe(true);
});

test('who listens on a connection that says nothing any more connects again, and stops in time', async () => {
  const heard: (string | null)[] = [];
  const said: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => said.push(line) });
  const listener = listen({ url: postgres.url, channel: 'frozen', log }, (payload) => heard.push(payload));
  await waitFor('the listener', () => heard.length === 1);
  await postgres.freeze();
  await waitFor('the silence to be noticed', () => said.some((line) => line.includes('cannot listen')));
  postgres.thaw();
  await waitFor('the new connection', () => heard.length === 2);
  await postgres.pool.query(`notify frozen, 'there again'`);
  await waitFor('the notification', () => heard.at(-1) === 'there again');
  await postgres.freeze();
  expect((await timed(() => listener.stop())).ms).toBeLessThan(busyBound(4_000));
});

test('the model server goes on from memory while Postgres is frozen, within the time that the API waits for it', async () => {
  expect(POOL_WAITS.serving.connectMs + POOL_WAITS.serving.queryMs + SILENCE_MS).toBeLessThan(MODEL_SERVER_TIMEOUT_MS - 250);
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops-frozen-'));
  const tensorflow = loadTensorflow('cpu');
  const trained = await trainTinyModel({ blobs: createBlobStore(`file:${folder}`), tf: tensorflow.tf }, 'popularity');
  await promoteModel(postgres.pool, trained, 'training/frozen/popularity');
  const settings = {
    database: { url: postgres.url, poolSize: 3, external: true },
    blobUrl: `file:${folder}`,
    stateDir: folder,
    access: OPEN_ACCESS,
    tensorflow,
  };
  const serving = connectServing(
    settings,
    { log: silentLog, metrics: createMetrics('serving'), health: createHealth() },
    scoringHere(settings),
  );
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  const recommend = async (user: string) => {
    const body = JSON.stringify({ user_id: user, k: 3 });
    const answer = await fetch(`http://127.0.0.1:${server.port}/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { status: answer.status, ...((await answer.json()) as { seen_from?: string }) };
  };
  try {
    await waitFor('the model', async () => (await recommend('u1')).status === 200);
    await postgres.freeze();
    const first = await Promise.all(Array.from({ length: 20 }, (_, at) => timed(() => recommend(at % 2 === 0 ? 'u1' : 'u2'))));
    expect(first.map(({ outcome: { status, seen_from } }) => [status, seen_from])).toEqual(
      first.map((_, at) => [200, at % 2 === 0 ? 'memory' : 'unavailable']),
    );
    expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(MODEL_SERVER_TIMEOUT_MS);
    // One request in a second finds out whether it is back; the others don't wait.
    const next: ReturnType<typeof timed>[] = [];
    for (const until = Date.now() + 3_000; Date.now() < until; await sleep(25)) next.push(timed(() => recommend('u1')));
    const slow = (await Promise.all(next)).filter(({ ms }) => ms > 500);
    expect([next.length > 40, slow.length >= 1 && slow.length <= 5]).toEqual([true, true]);

    postgres.thaw();
    await waitFor('the database to be read again', async () => (await recommend('u1')).seen_from === 'database');
  } finally {
    postgres.thaw();
    await server.close();
    await serving.close();
    await rm(folder, { recursive: true });
  }
});
