/**
 * Feature requests to our server beside Feast's own `feast serve`, on this machine, with the same definitions, rows and load: a movie's and a user's
 * features for 1 and for 50 pairs, over 1 and over 8 connections. Each server is a process of its own, one at a time.
 * `npm run bench:features -- [seconds]`
 */
import autocannon from 'autocannon';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { definitionsPython } from '../api/feast/repository.ts';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { DEFINITIONS } from '../domain/features/definitions.ts';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { runMigrations } from '../platform/migrate.ts';
import { createFeastRepository } from '../test/support/feast.ts';
import { startTestRedis } from '../test/support/redis.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { printTable } from './figures.ts';

const seconds = Number(process.argv[2] ?? 8);
const ENTITIES = 2_000;
const FEATURES = ['movie_features:rating', 'movie_features:popularity', 'user_features:age', 'user_features:genre_preference'];
const LOADS = [
  { entities: 1, connections: 1 },
  { entities: 50, connections: 1 },
  { entities: 50, connections: 8 },
] as const;

interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests without a good answer: Feast's worker is replaced after each thousand or so, and what it was answering is cut off. */
  readonly failed: number;
}

const numbers = (of: (n: number) => unknown) => Array.from({ length: ENTITIES }, (_, n) => of(n + 1));
const at = '2026-11-23T00:00:00';
const times = { event_timestamp: numbers(() => at), created: numbers(() => at) };
const ROWS = {
  movie_features: {
    movie_id: numbers((n) => n),
    ...times,
    rating: numbers((n) => 1 + (n % 8) / 2),
    ...Object.fromEntries(['rating_count', 'popularity', 'popularity_7d', 'popularity_30d'].map((name) => [name, numbers((n) => n)])),
    genre: numbers(() => 'Drama'),
    genres: numbers(() => ['Drama', 'Comedy']),
    release_year: numbers(() => 1999),
    age_days: numbers((n) => n),
  },
  user_features: {
    user_id: numbers(String),
    ...times,
    age: numbers((n) => n % 90),
    genre_preference: numbers(() => 'Drama'),
    genre_vector: numbers((n) => Array.from({ length: 19 }, (_, at) => ((n + at) % 7) / 8)),
    rating_mean: numbers(() => 3.5),
    ...Object.fromEntries(['rating_count', 'interaction_count', 'activity_7d', 'activity_30d'].map((name) => [name, numbers((n) => n)])),
    last_seen_at: numbers(() => 1_767_323_045),
  },
};

/** Bodies over different entities, as many as a run goes through in turn. */
const bodiesOf = (entities: number) =>
  Array.from({ length: 40 }, (_, turn) => ({
    method: 'POST' as const,
    body: JSON.stringify({
      features: FEATURES,
      entities: {
        movie_id: Array.from({ length: entities }, (_, n) => ((turn * 50 + n * 7) % ENTITIES) + 1),
        user_id: Array.from({ length: entities }, (_, n) => String(((turn * 31 + n * 3) % ENTITIES) + 1)),
      },
    }),
  }));

async function fill(url: string): Promise<void> {
  for (const [view, df] of Object.entries(ROWS)) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/push`, { method: 'POST', headers, body: JSON.stringify({ push_source_name: `${view}_push`, df }) });
    if (!answer.ok) throw new Error(`${url} refused the rows of ${view}: ${await answer.text()}`);
  }
}

async function measure(url: string): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const { entities, connections } of LOADS) {
    const headers = { 'content-type': 'application/json' };
    const load = { url: `${url}/get-online-features`, connections, headers, requests: bodiesOf(entities) };
    await autocannon({ ...load, duration: 2 });
    const { requests, latency, non2xx, errors, duration } = await autocannon({ ...load, duration: seconds });
    figures.push({ perSecond: requests.total / duration, p50Ms: latency.p50, p99Ms: latency.p99, failed: non2xx + errors });
  }
  return figures;
}

/** Our API process as it is deployed, with the Feast surface alone. */
async function measureOurs(databaseUrl: string, redisUrl: string | undefined): Promise<Figures[]> {
  const [port = 0] = await freePorts(1);
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl ?? '',
    SURFACES: 'feast',
    FEAST_PORT: String(port),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    LOG_LEVEL: 'info',
  };
  const api = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'api', 'main.js')], { env, stdio: 'ignore' });
  try {
    const url = `http://127.0.0.1:${port}`;
    await waitFor('our server', () => fetch(`${url}/health/live`).then(({ ok }) => ok));
    await fill(url);
    return await measure(url);
  } finally {
    api.kill();
  }
}

async function measureFeast(): Promise<Figures[]> {
  const store = 'online_store:\n  type: sqlite\n  path: online.db\nentity_key_serialization_version: 3\n';
  const settings = `project: movie_mlops\nprovider: local\nregistry: registry.db\n${store}`;
  const repository = await createFeastRepository({ 'feature_store.yaml': settings, 'definitions.py': definitionsPython(DEFINITIONS) });
  try {
    await repository.feast('apply');
    const [port = 0] = await freePorts(1);
    const url = await repository.serve(port);
    await fill(url);
    return await measure(url);
  } finally {
    await repository.remove();
  }
}

const stateDir = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
const engines = await startEngines({ stateDir, cacheDir: readConfig().cacheDir, which: ['postgres'] });
const redis = await startTestRedis();
try {
  const databaseUrl = engines.addresses.postgres;
  await runMigrations(databaseUrl);
  const measured: [string, Figures[]][] = [
    ['feast serve, SQLite', await measureFeast()],
    ['ours, Redis', await measureOurs(databaseUrl, redis.url)],
    ['ours, Postgres', await measureOurs(databaseUrl, undefined)],
  ];
  const theirs = measured[0]![1];
  LOADS.forEach(({ entities, connections }, n) => {
    console.log(
      `\n${entities} ${entities === 1 ? 'entity' : 'entities'}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
    );
    printTable(
      ['', 'requests/s', 'p50 ms', 'p99 ms', 'failed', 'times the requests', 'of the p99'],
      measured.map(([name, figures]) => {
        const { perSecond, p50Ms, p99Ms, failed } = figures[n]!;
        const ratio = (value: number) => `${value.toFixed(2)}×`;
        const shares = [ratio(perSecond / theirs[n]!.perSecond), ratio(p99Ms / theirs[n]!.p99Ms)];
        return [name, perSecond.toFixed(0), String(p50Ms), String(p99Ms), String(failed), ...shares];
      }),
    );
  });
} finally {
  await redis.remove();
  await engines.remove();
  await rm(stateDir, { recursive: true, force: true });
}
