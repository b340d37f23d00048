/**
 * Importing ratings beside a bare COPY of the same rows: rows/s of both, their ratio, and how far this process's memory rises above idle. A bare
 * COPY reads ready lines of text into a table with the columns and the primary key of `ratings` (user_id, movie_id), and no more: no foreign key,
 * no index by movie, no check of a single value. Rounds alternate, so that noise falls on both. `npm run bench:import -- [rows] [rounds]`
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { pino } from 'pino';
import { createRandom } from '../domain/recommender/numeric/random.ts';
import type { MovieLensRef } from '../contracts/dataImport.ts';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { publishSet } from '../domain/imports/publishSet.ts';
import { dropStaging } from '../domain/imports/staging/staging.ts';
import { stageSet } from '../domain/imports/staging/stageSet.ts';
import { checkStagedSet } from '../domain/imports/quality/checkStagedSet.ts';
import { readConfig } from '../platform/config.ts';
import { runMigrations } from '../platform/migrate.ts';
import { createPool, POOL_WAITS, type Pool } from '../platform/postgres.ts';
import { printTable, quantile } from './figures.ts';

const [ROWS = 3_000_000, ROUNDS = 3] = process.argv.slice(2).map(Number);
const MOVIES = 20_000;
const RATINGS_A_USER = 150;
const SAMPLE_EVERY_MS = 20;
const SET = { format: 'csv', dataset: 'bench', source: 'bench', user_prefix: 'bench:' } as const;
const log = pino({ level: 'silent' });

/** A set as 20M is: by user, then by movie, each user a share of the movies. Beside it the same ratings as COPY takes them. */
async function writeFiles(folder: string): Promise<{ set: MovieLensRef; bare: string }> {
  const bare = path.join(folder, 'bare.txt');
  const movies = createWriteStream(path.join(folder, 'movies.csv'));
  movies.write('movieId,title,genres\n');
  for (let movie = 1; movie <= MOVIES; movie += 1) movies.write(`${movie},Movie ${movie} (1999),Drama|Comedy\n`);
  const [csv, text] = [createWriteStream(path.join(folder, 'ratings.csv')), createWriteStream(bare)];
  csv.write('userId,movieId,rating,timestamp\n');
  const random = createRandom(1);
  const step = Math.floor(MOVIES / RATINGS_A_USER);
  for (let row = 0; row < ROWS; row += 1) {
    const user = 1 + Math.floor(row / RATINGS_A_USER);
    const movie = 1 + step * (row % RATINGS_A_USER) + random.below(step);
    const rating = (1 + random.below(10)) / 2;
    const seconds = 1_000_000_000 + random.below(500_000_000);
    const time = new Date(seconds * 1000).toISOString();
    const isFull = !csv.write(`${user},${movie},${rating.toFixed(1)},${seconds}\n`);
    if (!text.write(`bench:${user}\t${movie}\t${rating}\t${time}\tbench\n`)) await once(text, 'drain');
    if (isFull) await once(csv, 'drain');
  }
  for (const stream of [movies, csv, text]) stream.end();
  await Promise.all([movies, csv, text].map((stream) => once(stream, 'close')));
  return { set: { ...SET, folder }, bare };
}

async function seconds(body: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await body();
  return (performance.now() - startedAt) / 1000;
}

/** The most memory this process has while `body` runs, above what it had before. */
async function peakAbove(body: () => Promise<unknown>): Promise<number> {
  const idle = process.memoryUsage.rss();
  let peak = idle;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), SAMPLE_EVERY_MS);
  await body();
  clearInterval(timer);
  return (peak - idle) / 1024 ** 2;
}

async function copyBare(pool: Pool, file: string): Promise<number> {
  await pool.query(`drop table if exists bare; create table bare (
    user_id text not null, movie_id integer not null, rating real not null, rated_at timestamptz not null, source text not null,
    primary key (user_id, movie_id))`);
  const connection = await pool.connect();
  const took = await seconds(() => pipeline(createReadStream(file), connection.query(copyFrom('copy bare from stdin'))));
  connection.release();
  return took;
}

/** The steps of an import, one by one. */
async function importSet(pool: Pool, set: MovieLensRef, folder: string, round: number): Promise<Record<string, number>> {
  const runId = `import/bench-${round}`;
  const rejectsFileOf = (kind: string) => path.join(folder, 'rejects', `${kind}.csv`);
  const bounds = { maxRejectShare: 0.05, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined };
  const signal = new AbortController().signal;
  const options = { runId, rejectsFileOf, signal, onProgress: () => undefined, onResume: () => undefined };
  await pool.query('drop table if exists ratings_of_bench');
  const took = {
    stage: await seconds(() => stageSet(pool, set, options)),
    check: await seconds(() => checkStagedSet(pool, set, { runId, bounds, rejectsFileOf, signal })),
    publish: await seconds(() => publishSet(pool, runId, set)),
  };
  await dropStaging(pool, runId);
  return took;
}

async function measure(pool: Pool, folder: string): Promise<void> {
  const { set, bare } = await writeFiles(folder);
  const { size } = await stat(path.join(folder, 'ratings.csv'));
  console.log(`${ROWS} ratings (${(size / 1024 ** 2).toFixed(0)} MB), ${ROUNDS} rounds, Node ${process.version}\n`);
  const rounds: { ours: number; copy: number; peak: number; steps: Record<string, number> }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    let steps: Record<string, number> = {};
    const peak = await peakAbove(async () => (steps = await importSet(pool, set, folder, round)));
    const ours = Object.values(steps).reduce((sum, took) => sum + took, 0);
    rounds.push({ ours, copy: await copyBare(pool, bare), peak, steps });
  }
  const median = (of: (round: (typeof rounds)[number]) => number) => quantile(rounds.map(of), 0.5);
  const row = (name: string, took: number) => [name, took.toFixed(2), Math.round(ROWS / took).toString()];
  printTable(
    ['', 'seconds', 'rows/s'],
    [
      row(
        'import',
        median(({ ours }) => ours),
      ),
      ...['stage', 'check', 'publish'].map((step) =>
        row(
          `  ${step}`,
          median(({ steps }) => steps[step] ?? NaN),
        ),
      ),
      row(
        'bare COPY, same primary key',
        median(({ copy }) => copy),
      ),
    ],
  );
  console.log(`\n${median(({ ours, copy }) => copy / ours).toFixed(2)} times the speed of the bare COPY`);
  console.log(`memory of this process: ${Math.max(...rounds.map(({ peak }) => peak)).toFixed(0)} MB above idle at most`);
}

const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-import-'));
const engines = await startEngines({ stateDir: path.join(folder, 'state'), cacheDir: readConfig().cacheDir, which: ['postgres'] });
const pool = createPool({ url: engines.addresses.postgres, poolSize: 4, log, waits: POOL_WAITS.step });
try {
  await runMigrations(engines.addresses.postgres);
  await measure(pool, folder);
} finally {
  await pool.end();
  await engines.remove();
  await rm(folder, { recursive: true, force: true });
}
