/**
 * How fast models learn, beside known implementations of the same on the same rows and threads, each in a process of its own: `ease` beside NumPy,
 * `ials` beside `implicit`, `neural_cf` beside PyTorch with dense and with sparse Adam. `npm run bench:models [ease|ials|neural_cf]`, after
 * `npm run build`
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { modelSpecSchema, type ModelSpec } from '../contracts/models.ts';
import type { DatasetRef } from '../contracts/training.ts';
import { readEpochs } from '../domain/recommender/training/epochRecords.ts';
import { trainingDataOf } from '../domain/recommender/data/snapshot.ts';
import { writeSnapshot } from '../domain/recommender/data/snapshotFiles.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import { makeChoices, ML_1M, type Sizes } from './data.ts';
import { printTable } from './figures.ts';
import { installPeers } from './peers.ts';
import { trainInChild } from './trainInChild.ts';

const MANY: Sizes = { users: 100_000, movies: 50_000, perUser: 5 };
/** A fifth of ML-1M's interactions over all its users and movies: a step costs the same. */
const ML_1M_SHORT: Sizes = { ...ML_1M, perUser: 33 };
const ALS_EPOCHS = 8;

const folder = await mkdtemp(path.join(tmpdir(), 'bench-models-'));
const blobs = createBlobStore(`file:${folder}`);
const python = await installPeers();
const only = process.argv[2];

interface Figures {
  readonly seconds: number;
  readonly peak_mb: number;
  /** Samples a second, negatives among them; of what learns in samples. */
  readonly speed?: number;
}

async function writeData(sizes: Sizes): Promise<DatasetRef> {
  const snapshot = makeChoices(sizes);
  const { chosen } = trainingDataOf(snapshot);
  await writeFile(path.join(folder, 'users.i32'), chosen.userIndex);
  await writeFile(path.join(folder, 'movies.i32'), chosen.movieIndex);
  console.log(`\n${chosen.length} interactions to learn from, ${sizes.users} users, ${sizes.movies} movies`);
  return writeSnapshot(blobs, snapshot);
}

async function ours(dataset: DatasetRef, spec: ModelSpec): Promise<Figures> {
  const { model, peakMb } = await trainInChild(folder, dataset, spec);
  const epochs = await readEpochs(blobs, model!.history_uri);
  const speed = epochs.at(-1)?.samples_per_s;
  return { seconds: model!.train_ms / 1000, peak_mb: peakMb, ...(speed !== undefined && { speed }) };
}

async function theirs(dataset: DatasetRef, task: string, settings: object): Promise<Figures> {
  const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const given = JSON.stringify({ users: dataset.users, movies: dataset.movies, ...settings });
  const script = path.join(import.meta.dirname, 'modelsPeers.py');
  const { stdout } = await promisify(execFile)(python, [script, folder, task, given], { env: { ...process.env, ...threads } });
  return JSON.parse(stdout) as Figures;
}

/** Prints ours beside theirs. The ratio is of times, or of speeds where there are any: above 1 ours is the better. */
function compare(what: string, our: Figures, peers: Readonly<Record<string, Figures>>): void {
  const row = (name: string, { seconds, peak_mb, speed }: Figures, ratio: string) => [
    name,
    seconds.toFixed(1),
    peak_mb.toFixed(0),
    speed ? Math.round(speed).toString() : '',
    ratio,
  ];
  const ratioTo = (peer: Figures) => (our.speed && peer.speed ? our.speed / peer.speed : peer.seconds / our.seconds);
  printTable(
    [what, 's', 'peak MB', 'samples/s', 'ours is'],
    [row('ours', our, ''), ...Object.entries(peers).map(([name, peer]) => row(name, peer, `${ratioTo(peer).toFixed(2)}×`))],
  );
}

const specOf = (spec: object) => modelSpecSchema.parse(spec);

async function compareNeuralCf(sizes: Sizes, dim: number, batches: readonly number[]): Promise<void> {
  const dataset = await writeData(sizes);
  for (const batch of batches) {
    const our = await ours(dataset, specOf({ kind: 'neural_cf', epochs: 1, patience: 0, batch_size: batch, embedding_dim: dim }));
    const settings = { batch, dim, seconds: 12 };
    const dense = await theirs(dataset, 'neural_cf', { ...settings, sparse: false });
    const sparse = await theirs(dataset, 'neural_cf', { ...settings, sparse: true });
    compare(`neural_cf, ${dim} factors, batch ${batch}`, our, { 'PyTorch, Adam': dense, 'PyTorch, SparseAdam for the tables': sparse });
  }
}

try {
  if (!only || only === 'ease' || only === 'ials') {
    const dataset = await writeData(ML_1M);
    if (only !== 'ials')
      compare('ease', await ours(dataset, specOf({ kind: 'ease', l2: 400 })), { NumPy: await theirs(dataset, 'ease', { l2: 400 }) });
    if (only !== 'ease') {
      const our = await ours(dataset, specOf({ kind: 'ials', embedding_dim: 64, epochs: ALS_EPOCHS }));
      const exact = await theirs(dataset, 'ials', { dim: 64, epochs: ALS_EPOCHS, cg: false });
      const approximate = await theirs(dataset, 'ials', { dim: 64, epochs: ALS_EPOCHS, cg: true });
      compare(`ials, 64 factors, ${ALS_EPOCHS} epochs`, our, { 'implicit, exact': exact, 'implicit, conjugate gradient': approximate });
    }
  }
  if (!only || only === 'neural_cf') {
    for (const dim of [64, 128]) await compareNeuralCf(ML_1M_SHORT, dim, [1_024, 4_096]);
    await compareNeuralCf(MANY, 64, [1_024]);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
