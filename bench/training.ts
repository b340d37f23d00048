/**
 * What a process for each training task costs and gives: the same training in this process and in one of its own, how long the caller's event loop
 * (heartbeats, cancels) is held up by each, how soon a cancel has ended each, and what going on from a checkpoint costs. `npm run bench:training`,
 * after `npm run build`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { modelSpecSchema } from '../contracts/models.ts';
import type { DatasetRef, ModelRef } from '../contracts/training.ts';
import { createInteractionBuilder, createVocabulary } from '../domain/recommender/data/interactions.ts';
import { createRandom } from '../domain/recommender/numeric/random.ts';
import { createSnapshot } from '../domain/recommender/data/snapshot.ts';
import { writeSnapshot } from '../domain/recommender/data/snapshotFiles.ts';
import { trainModel } from '../domain/recommender/tasks/trainModel.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import { callInChild } from '../platform/childProcess/parent.ts';
import { PROJECT_ROOT } from '../platform/config.ts';
import { createPool, POOL_WAITS } from '../platform/postgres.ts';
import { openTensorflow } from '../platform/tensorflow.ts';
import { printTable, quantile } from './figures.ts';

const USERS = 600;
const MOVIES = 3_000;
const RATINGS_A_USER = 60;
const ROUNDS = Number(process.argv[2] ?? 3);
const specOf = (epochs: number) => modelSpecSchema.parse({ kind: 'neural_cf', epochs });

const folder = await mkdtemp(path.join(tmpdir(), 'bench-training-'));
const blobUrl = `file:${folder}`;
const blobs = createBlobStore(blobUrl);
const log = pino({ level: 'silent' });
const pool = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, log, waits: POOL_WAITS.step }); // this training asks no database

interface Training {
  readonly epochs: number;
  readonly name: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: () => void;
}
type Train = (dataset: DatasetRef, training: Training) => Promise<ModelRef>;
const never = new AbortController().signal;

const here: Train = (dataset, { epochs, name, signal = never, onProgress = () => undefined }) => {
  const tensorflow = () => openTensorflow('cpu');
  const context = { pool, blobs, log, tensorflow, checkpointEveryMs: 60_000, signal, onProgress };
  return trainModel(context, { dataset, spec: specOf(epochs), workflowId: name });
};
const apart: Train = (dataset, { epochs, name, signal = never, onProgress = () => undefined }) =>
  callInChild({
    file: path.join(PROJECT_ROOT, 'dist', 'workers', 'training', 'taskProcess.js'),
    name: 'trainModel',
    input: { dataset, spec: specOf(epochs), workflowId: name },
    env: { ...process.env, BLOB_URL: blobUrl },
    heapMb: 1_024,
    mostMb: 8_192,
    signal,
    onProgress,
    onLog: () => undefined,
  }) as Promise<ModelRef>;

async function writeData(): Promise<DatasetRef> {
  const random = createRandom(1);
  const vocabulary = createVocabulary(Array.from({ length: MOVIES }, (_, movie) => String(movie + 1)));
  const builder = createInteractionBuilder(vocabulary);
  for (let user = 0; user < USERS; user += 1) {
    const chosen = new Set(Array.from({ length: RATINGS_A_USER }, () => random.below(MOVIES)));
    for (const movie of chosen) builder.add(`u${user}`, vocabulary.ids[movie]!, 4, movie);
  }
  const titles = vocabulary.ids.map((id) => `Movie ${id}`);
  const table = { vocabulary, titles, genres: titles.map(() => ['Drama']), releaseYears: titles.map(() => 1999) };
  return writeSnapshot(blobs, createSnapshot(builder.build(), table, 1));
}

/** Milliseconds of the whole call, and the longest that this process's event loop was held up meanwhile. */
async function timed(body: () => Promise<unknown>): Promise<{ ms: number; heldUpMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const startedAt = performance.now();
  await body();
  const ms = performance.now() - startedAt;
  delay.disable();
  return { ms, heldUpMs: delay.max / 1e6 };
}

/** Milliseconds from an abort, in the midst of an epoch, until the training has ended. */
async function cancelled(train: Train, dataset: DatasetRef, name: string): Promise<number> {
  const cancelling = new AbortController();
  let abortedAt = 0;
  const onProgress = () => {
    if (abortedAt > 0) return;
    abortedAt = performance.now();
    cancelling.abort(new Error('cancelled'));
  };
  await train(dataset, { epochs: 500, name, signal: cancelling.signal, onProgress }).catch(() => undefined);
  return performance.now() - abortedAt;
}

/** Milliseconds of one more epoch: of a training that has two already, and goes on from its checkpoint. */
async function resumed(train: Train, dataset: DatasetRef, name: string): Promise<number> {
  await train(dataset, { epochs: 2, name });
  return (await timed(() => train(dataset, { epochs: 3, name }))).ms;
}

async function measure(train: Train, dataset: DatasetRef, name: string) {
  const figures = { one: [] as number[], heldUp: [] as number[], cancel: [] as number[], resume: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ms, heldUpMs } = await timed(() => train(dataset, { epochs: 1, name: `${name}/one-${round}` }));
    figures.one.push(ms);
    figures.heldUp.push(heldUpMs);
    figures.cancel.push(await cancelled(train, dataset, `${name}/cancel-${round}`));
    figures.resume.push(await resumed(train, dataset, `${name}/resume-${round}`));
  }
  return figures;
}

try {
  const dataset = await writeData();
  await here(dataset, { epochs: 1, name: 'warm' }); // TensorFlow is loaded once here, and anew by each process
  const [inProcess, inChild] = [await measure(here, dataset, 'here'), await measure(apart, dataset, 'apart')];
  const row = (what: string, of: keyof typeof inProcess) => {
    const [a, b] = [quantile(inProcess[of], 0.5), quantile(inChild[of], 0.5)];
    return [what, a.toFixed(0), b.toFixed(0), `${(b / a).toFixed(2)}×`];
  };
  console.log(`neural_cf, ${USERS} users, ${MOVIES} movies, ${cpus().length} cores, Node ${process.version}; median of ${ROUNDS}\n`);
  printTable(
    ['ms', 'in this process', 'in its own', 'ratio'],
    [
      row('train one epoch, all told', 'one'),
      row("caller's event loop held up, at most", 'heldUp'),
      row('from a cancel to the end', 'cancel'),
      row('one more epoch from a checkpoint, all told', 'resume'),
    ],
  );
} finally {
  await pool.end();
  await rm(folder, { recursive: true });
}
process.exit(0);
