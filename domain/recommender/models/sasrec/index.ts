import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import type { SpecOf } from '../../../../contracts/models.ts';
import { settle } from '../../../../contracts/specs/modelSpec.ts';
import { permanent } from '../../../../contracts/failures.ts';
import { requireKernel, valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { compile, type Compiled } from '../../../../platform/tensorflowGraph.ts';
import { describeColdMovies } from '../../model/coldMovies.ts';
import { cosinesTo, cosineToAll } from '../../numeric/cosine.ts';
import { stopByRanking } from '../../learning/earlyStopping.ts';
import { createHistories, historyTensors, readHistories } from '../../model/histories.ts';
import { createHistoryModel } from '../../model/historyModel.ts';
import { chooseLearntMovies, type LearntMovies } from '../../model/learntMovies.ts';
import type { FitContext, ModelKindDefinition, TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, weight, type ModelParts } from '../../model/modelParts.ts';
import { readMovieScores } from '../../model/movieScores.ts';
import { createPause } from '../../numeric/pause.ts';
import { createRandom } from '../../numeric/random.ts';
import type { TrainingData } from '../../data/snapshot.ts';
import { runEpochs, taskOf, type Batch, type Trainer } from '../../learning/trainingLoop.ts';
import type { ValidationChoice } from '../../learning/validationChoices.ts';
import { encode, keepAll } from './network.ts';
import { createParameters, layerNames, MOVIES } from './parameters.ts';
import { scoreChoices } from './scoreChoices.ts';
import { DEFAULTS } from '../../../../contracts/specs/sasrec.ts';
import { createTraining } from './step.ts';
import { sampleWindows } from './windows.ts';

type Spec = SpecOf<'sasrec'>;
type Settled = Spec & (typeof DEFAULTS)['small'];

const WEIGHTS_STREAM = 1;
const EPOCH_STREAM = 1_000;
/** By which the rows of the table learn; WebAssembly lacks it. */
const GATHER_GRADIENT = 'UnsortedSegmentSum';
/** Of TensorFlow's allocator for the small tensors of a step, and of arrays that steps leave behind until they are collected: measured 110 to 200. */
const STEPS_MB = 240;

/**
 * Self-attentive sequential recommendation (SASRec; Kang and McAuley 2018, arXiv:1808.09781), trained with many sampled negatives (Klenitskiy and Vasilev
 * 2023, arXiv:2309.07602): what somebody chooses next follows from what they chose last. There is nothing of a user in it but that.
 */
const sasrec: ModelKindDefinition<Spec> = {
  kind: 'sasrec',
  async fit(given, data, context) {
    const { movies, chosen } = data;
    requireKernel(context.tf, GATHER_GRADIENT);
    const spec = settle(given, DEFAULTS, chosen.length);
    const learnt = chooseLearntMovies(chosen, Infinity);
    const training = createTraining(
      context.tf,
      spec,
      createParameters(learnt.movies.length, spec, createRandom(spec.seed, WEIGHTS_STREAM)),
    );
    const trainer = createTrainer(spec, data, learnt, training, context);
    if (trainer.samplesPerEpoch === 0) throw permanent('EmptyDataset', 'nobody chose one thing after another: nothing to learn from');
    const { losses, resumedFromEpoch } = await runEpochs(trainer, spec.epochs, taskOf(spec, chosen), context);
    const weights = {
      ...training.average.copy(),
      learnt: { shape: [learnt.movies.length], values: Float32Array.from(learnt.movies) },
      ...(await describeColdMovies(movies, learnt, createPause(context.signal))),
      ...historyTensors(chosen),
    };
    return { model: answer({ spec, users: chosen.users, movies: movies.vocabulary, weights, losses }, context.tf), resumedFromEpoch };
  },
  load: (files, tf) => answer(unpackModel(files, 'sasrec'), tf),
  // The table at first and now, its moments and average, the best epoch's, and a checkpoint's copy; and what a step keeps for its gradients, of which
  // TensorFlow's allocator holds on to several times the size: measured 3.8 to 4.4 at lengths of 50 to 200.
  memoryMb: (given, { interactions, movies }) => {
    const { embedding_dim: dim, batch_size, length, blocks, negatives } = settle(given, DEFAULTS, interactions);
    const perPlace = dim * (8 + 14 * blocks) + 3 * length * blocks + 4 * negatives;
    return STEPS_MB + (4 * (11 * dim * movies + 4.5 * batch_size * length * perPlace)) / 2 ** 20;
  },
};
export default sasrec;

function createTrainer(
  spec: Settled,
  data: TrainingData,
  { columns }: LearntMovies,
  { average, state, step }: ReturnType<typeof createTraining>,
  { tf, signal }: FitContext,
): Trainer {
  const { chosen } = data;
  const { weights } = average;
  const histories = createHistories({ ...chosen, movieIndex: chosen.movieIndex.map((movie) => columns[movie]!) });
  const steps = { taken: 0 };
  function* trainEpoch(epoch: number): Iterable<Batch> {
    const random = createRandom(spec.seed, EPOCH_STREAM + epoch);
    for (const batch of sampleWindows(histories, spec.length, spec.batch_size, random)) {
      steps.taken += 1;
      yield { samples: batch.next.length, loss: step(batch, steps.taken, random) };
    }
  }
  const scoresOf = (choices: readonly ValidationChoice[]) => scoreChoices(tf, weights, spec, histories, columns, choices);
  const earlyStopping = stopByRanking(data, spec, weights, scoresOf, signal);
  const samplesPerEpoch = chosen.length - new Set(chosen.userIndex).size;
  return { samplesPerEpoch, trainEpoch, state, steps, ...(earlyStopping && { earlyStopping }) };
}

function answer(parts: ModelParts<Spec>, tf: Tensorflow): TrainedModel {
  const { users, movies, weights } = parts;
  const { blocks, length, embedding_dim: dim } = parts.spec as Settled;
  const { learnt, hasLearnt, spread, similarityBy, similarityOfLearnt } = readMovieScores(weights, movies.size);
  const layers = Object.fromEntries(layerNames(blocks).map((name) => [name, tf.tensor(weight(weights, name), [...weights[name]!.shape])]));
  const embeddings = weight(weights, MOVIES);
  const table = tf.tensor2d(embeddings, [learnt.movies.length, dim]);
  const compiled = new Map<number, Compiled>();

  /** @param movies 1 × places × dim @param last 1 × places, one where the last movie stands. @returns dim × 1: what is expected next */
  const expectAfter = (movies: Tensor, last: Tensor) => {
    const states = encode(tf, layers, blocks, movies as Tensor3D, keepAll).reshape<Tensor2D>([-1, dim]);
    return tf.matMul(states, last, true, true);
  };

  /** By the last movies of a history that were learnt; nobody who chose nothing learnt is told from another. */
  function scoreBy(history: Int32Array): Float32Array {
    const last = history
      .map((movie) => learnt.columns[movie]!)
      .filter((column) => column >= 0)
      .slice(-length);
    if (last.length === 0) return new Float32Array(movies.size);
    const places = placesFor(last.length, length);
    const chosen = new Float32Array(places * dim);
    last.forEach((row, place) => chosen.set(embeddings.subarray(row * dim, (row + 1) * dim), place * dim));
    const isLast = Float32Array.from({ length: places }, (_, place) => Number(place === last.length - 1));
    const scores = valuesOf(tf, () => {
      const inputs = [tf.tensor3d(chosen, [1, places, dim]), tf.tensor2d(isLast, [1, places])] as const;
      const known = compiled.get(places) ?? compile(tf, expectAfter, inputs);
      compiled.set(places, known);
      return tf.matMul<Tensor2D>(table, known.run(...inputs)).dataSync<'float32'>();
    });
    return spread(scores);
  }

  return createHistoryModel(readHistories(weights), {
    kind: 'sasrec',
    users,
    movies,
    scoreHistory: scoreBy,
    hasLearnt,
    similarityToAll: similarityBy((movie) => spread(cosineToAll(embeddings, dim, learnt.columns[movie]!))),
    similarityOf: similarityOfLearnt((column, others) => cosinesTo(embeddings, dim, column, others)),
    save: () => packModel(parts),
    dispose() {
      for (const one of compiled.values()) one.dispose();
      tf.dispose([table, layers]);
    },
  });
}

/** Histories are padded, so that a few compilations do for all lengths. */
const LEAST_PLACES = 8;
const placesFor = (movies: number, most: number) =>
  Math.min(most, LEAST_PLACES * 2 ** Math.max(0, Math.ceil(Math.log2(movies / LEAST_PLACES))));
