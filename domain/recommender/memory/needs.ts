import type { ModelSpec } from '../../../contracts/models.ts';
import type { Database } from '../../../platform/postgres.ts';
import type { DataSizes } from '../model/model.ts';
import { modelKind } from '../models/index.ts';
import type { TaskInput, TaskName } from '../tasks/index.ts';
import { countInteractions } from './countInteractions.ts';

/** MB that each task takes at its peak, about: a worker sets as much aside before it starts one (`admission.ts`). */
export const NEEDED_MB: { readonly [Name in TaskName]: (input: TaskInput<Name>, db: Database) => number | Promise<number> } = {
  describeTensorflow: () => PROBE_MB,
  takeSnapshot: async (_input, db) => snapshotMb(await countInteractions(db)),
  trainModel: ({ spec, dataset }) => trainingMb(spec, dataset),
  runTrial: ({ spec, dataset }) => trainingMb(spec, dataset),
  judgeModel: ({ model, dataset }) => evaluationMb(model.bytes, dataset),
  rankShard: ({ models }) => SHARD_MB * models.length,
  eraseLearnt: async (_input, db) => snapshotMb(await countInteractions(db)), // one snapshot or model at a time
};

/** Bounds the process that is asked where TensorFlow runs. */
export const PROBE_MB = 2_048;
/** For a process with TensorFlow, a model and the rows of a shard. */
const SHARD_MB = 700;

/** Node with our code (26 takes some more than 20), and TensorFlow with its working memory. A test holds the estimates of every kind to what its training really has. */
const PROCESS_MB = 160;
/** Most of it are pages of the library's files, of which a kernel maps more at once where they were just written: 210 to 290 MB. */
const TENSORFLOW_MB = 370;
/** Of reading: the files, their columns (features among them), the rows of each split, ids and titles. */
const BYTES_AN_INTERACTION = 240;
const BYTES_A_USER = 400;
const BYTES_A_MOVIE = 1_500;
/** A model of a few numbers a movie. */
const SMALL_MODEL_MB = 20;

/** MB that a process needs to hold a snapshot in memory, at its peak. */
const snapshotMb = ({ interactions, users, movies }: DataSizes): number =>
  PROCESS_MB + (BYTES_AN_INTERACTION * interactions + BYTES_A_USER * users + BYTES_A_MOVIE * movies) / 2 ** 20;

/** MB that training a model needs at its peak: an estimate to plan by, on the safe side. */
export const trainingMb = (spec: ModelSpec, sizes: DataSizes): number =>
  snapshotMb(sizes) + TENSORFLOW_MB + (modelKind(spec.kind).memoryMb?.(spec, sizes) ?? SMALL_MODEL_MB);

/** MB that judging a model needs at its peak: the model and the champion, each as files and as loaded. */
const evaluationMb = (modelBytes: number, sizes: DataSizes): number => snapshotMb(sizes) + TENSORFLOW_MB + (4 * modelBytes) / 2 ** 20;
