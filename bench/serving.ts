/**
 * Our model server as it is deployed, with traces and the log of what was answered, over a Postgres of the run: recommendations beside FastAPI and PyTorch
 * with the same weights, other kinds of model, the Open Inference Protocol beside MLServer, swaps under load, and how late the event loop is. Whoever
 * asks is a process of its own. After `npm run build`: `npm run bench:serving -- [--quick] [recommend|large|kinds|infer|swap|loop …]`;
 * `npm run bench:serving -- soak` asks for ten minutes while versions are swapped; `--profile=<folder>` writes a processor profile of each process of ours that was asked
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { createSnapshot } from '../domain/recommender/data/snapshot.ts';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { findListener } from '../platform/proc.mjs';
import { makeChoices, ML_1M, readMovieLens } from './data.ts';
import { prepareData, type ServingData } from './servingData.ts';
import { measureInfer } from './servingInfer.ts';
import { measureLoop } from './servingLoop.ts';
import { measureKinds, measureRecommend } from './servingRecommend.ts';
import type { Keep } from './servers.ts';
import { soak } from './servingSoak.ts';
import { measureSwaps } from './servingSwap.ts';

const quick = process.argv.includes('--quick');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const PARTS = ['recommend', 'large', 'kinds', 'infer', 'swap', 'loop', 'soak'] as const;
type Part = (typeof PARTS)[number];
const unknown = named.filter((name) => !(PARTS as readonly string[]).includes(name));
if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`);
const isWanted = (part: Part) => (named.length > 0 ? named.includes(part) : part !== 'soak' && !(quick && part === 'large'));
const wanted = PARTS.filter(isWanted);

const TIMING = quick ? { rounds: 1, seconds: 2, warmUpSeconds: 1 } : { rounds: 3, seconds: 10, warmUpSeconds: 3 };
const SWAPS = quick ? 3 : 10;
const SOAK_MINUTES = quick ? 1 : 10;
const QUICK_USERS = 600;
const LARGE_MOVIES = 50_000;
const MEMBERS = ['ease', 'ials', 'sasrec'] as const;
const MEASURED_KINDS = ['ease', 'sasrec', 'ensemble'] as const;

const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
const engines = await startEngines({ stateDir: path.join(folder, 'state'), cacheDir: readConfig().cacheDir, which: ['postgres'] });
const place = { postgresUrl: engines.addresses.postgres, folder };
const postgresPid = findListener(Number(new URL(place.postgresUrl).port))!.pid;
const timing = { ...TIMING, postgresPid };
const users = quick ? QUICK_USERS : ML_1M.users;

const closes: (() => Promise<unknown>)[] = [];
const keep: Keep = (server) => {
  closes.unshift(server.stop);
  return server;
};
async function prepare(given: Parameters<typeof prepareData>[1]): Promise<ServingData> {
  const data = await prepareData(place, given);
  closes.push(() => data.pool.end());
  return data;
}

async function end(): Promise<void> {
  for (const close of closes.splice(0)) await close();
  await engines.remove();
  await rm(folder, { recursive: true, force: true });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));

try {
  console.log(`${cpus().length} cores, Node ${process.version}; ${TIMING.rounds} rounds of ${TIMING.seconds} s in turns`);
  if (wanted.some((part) => ['recommend', 'infer', 'swap'].includes(part))) {
    const data = await prepare({ name: 'ml_1m', snapshot: makeChoices({ ...ML_1M, users }), kinds: ['neural_cf'] });
    if (isWanted('recommend')) await measureRecommend(data, [1, 8, 32], timing, keep);
    if (isWanted('infer')) await measureInfer(data, timing, keep);
    if (isWanted('swap')) await measureSwaps(data, SWAPS, keep);
  }
  if (isWanted('large')) {
    const data = await prepare({ name: 'large', snapshot: makeChoices({ ...ML_1M, users, movies: LARGE_MOVIES }), kinds: ['neural_cf'] });
    await measureRecommend(data, [8], timing, keep);
  }
  if (['kinds', 'loop', 'soak'].some((part) => isWanted(part as Part))) {
    const { interactions, movies } = readMovieLens(path.join(PROJECT_ROOT, 'data', 'movielens-small'));
    const data = await prepare({
      name: 'sample',
      snapshot: createSnapshot(interactions, movies, 1),
      kinds: [...MEMBERS, 'ensemble', 'neural_cf'],
    });
    if (isWanted('kinds')) await measureKinds(data, MEASURED_KINDS, timing, keep);
    if (isWanted('loop')) await measureLoop(data, ['neural_cf', 'ensemble'], TIMING.seconds, keep);
    if (isWanted('soak')) await soak(data, ['neural_cf', 'ease'], SOAK_MINUTES, keep);
  }
} finally {
  await end();
}
