/**
 * Trains and scores on the GPU and on the CPU, and prints the one beside the other: `npm run gpu:check`. Without a GPU that TensorFlow can use it says
 * so and ends with 1. Each backend is measured in a process of its own, since a process holds one.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { modelSpecSchema } from '../contracts/models.ts';
import { createInteractionBuilder, createVocabulary } from '../domain/recommender/data/interactions.ts';
import { NO_CHECKPOINTS } from '../domain/recommender/model/model.ts';
import { modelKind } from '../domain/recommender/models/index.ts';
import { createRandom } from '../domain/recommender/numeric/random.ts';
import { createSnapshot, trainingDataOf } from '../domain/recommender/data/snapshot.ts';
import { openTensorflow } from '../platform/tensorflow.ts';
import { printTable, quantile } from './figures.ts';

const USERS = 2_000;
const MOVIES = 3_700;
const RATINGS_A_USER = 60;
const SPEC = modelSpecSchema.parse({ kind: 'neural_cf', epochs: 1, batch_size: 4096 });
const SCORINGS = 100;
type Backend = 'gpu' | 'cpu';
interface Speed {
  readonly samplesPerS: number;
  readonly scoreMs: number;
}

function makeData() {
  const random = createRandom(1);
  const vocabulary = createVocabulary(Array.from({ length: MOVIES }, (_, movie) => String(movie + 1)));
  const builder = createInteractionBuilder(vocabulary);
  for (let user = 0; user < USERS; user += 1) {
    const chosen = new Set(Array.from({ length: RATINGS_A_USER }, () => random.below(MOVIES)));
    for (const movie of chosen) builder.add(`u${user}`, vocabulary.ids[movie]!, 4, movie);
  }
  const titles = vocabulary.ids.map((id) => `Movie ${id}`);
  const table = { vocabulary, titles, genres: titles.map(() => ['Drama']), releaseYears: titles.map(() => 1999) };
  return trainingDataOf(createSnapshot(builder.build(), table, 1));
}

async function measure(backend: Backend): Promise<Speed> {
  const { tf } = await openTensorflow(backend);
  let samplesPerS = 0;
  const { model } = await modelKind(SPEC.kind).fit(SPEC, makeData(), {
    tf,
    signal: new AbortController().signal,
    checkpoints: NO_CHECKPOINTS,
    onProgress: (progress) => (samplesPerS = progress.samples_per_s),
  });
  const times = Array.from({ length: SCORINGS }, (_, user) => {
    const startedAt = performance.now();
    model.recommend({ userId: `u${user}`, k: 10 });
    return performance.now() - startedAt;
  });
  return { samplesPerS, scoreMs: quantile(times, 0.5) };
}

function measureApart(backend: Backend): Speed {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), backend];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.split('\n').find((line) => /^\w*Error: /.test(line)) ?? stderr.slice(-500));
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Speed;
}

function compare(): number {
  let gpu: Speed;
  try {
    gpu = measureApart('gpu');
  } catch (error) {
    console.error(`There is no GPU here that TensorFlow can use. ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const cpu = measureApart('cpu');
  const row = (name: string, a: number, b: number, ratio: number) => [name, a.toFixed(1), b.toFixed(1), `${ratio.toFixed(1)}×`];
  printTable(
    ['neural_cf', 'GPU', 'CPU', 'GPU better'],
    [
      row('training, samples/s', gpu.samplesPerS, cpu.samplesPerS, gpu.samplesPerS / cpu.samplesPerS),
      row(`scoring ${MOVIES} movies for one user, ms`, gpu.scoreMs, cpu.scoreMs, cpu.scoreMs / gpu.scoreMs),
    ],
  );
  return 0;
}

const [backend] = process.argv.slice(2);
if (backend === 'gpu' || backend === 'cpu') console.log(JSON.stringify(await measure(backend)));
else process.exitCode = compare();
