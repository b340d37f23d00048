import type { SpecOf } from '../../../../contracts/models.ts';
import { settle } from '../../../../contracts/specs/modelSpec.ts';
import { permanent } from '../../../../contracts/failures.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { describeColdMovies } from '../../model/coldMovies.ts';
import { cosinesTo, cosineToAll } from '../../numeric/cosine.ts';
import { normalTensor, zeroTensor } from '../../learning/dense.ts';
import { groupRows, type Interactions } from '../../data/interactions.ts';
import { chooseLearntMovies, type LearntMovies } from '../../model/learntMovies.ts';
import { createTrainedModel, UnknownUser, type ModelKindDefinition, type TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, weight, type ModelParts } from '../../model/modelParts.ts';
import { readMovieScores } from '../../model/movieScores.ts';
import { createPause } from '../../numeric/pause.ts';
import { createRandom } from '../../numeric/random.ts';
import type { Tensor } from '../../numeric/safetensors.ts';
import { runEpochs, taskOf, type Batch, type Trainer } from '../../learning/trainingLoop.ts';
import { createCholesky } from './cholesky.ts';
import { createConjugateGradient } from './conjugateGradient.ts';
import { createFoldIn } from './foldIn.ts';
import { penaltyOf, type Choices, type HalfStep, type Weighting } from './halfStep.ts';
import { DEFAULTS } from '../../../../contracts/specs/ials.ts';

type Spec = SpecOf<'ials'>;
type Settled = Spec & (typeof DEFAULTS)['small'];

/** Several times the systems that Cholesky solves at once; what the other solver lays out beside its table. */
const BATCH_MB = { cholesky: 200, conjugate_gradient: 40 };
const WEIGHTS_STREAM = 1;
const weightingOf = ({ l2, unobserved_weight }: Settled): Weighting => ({ l2, unobservedWeight: unobserved_weight });

/**
 * Implicit alternating least squares (Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22), with the weights and penalties of Rendle et al. 2021
 * (arXiv:2110.14037). No half step raises the loss. Somebody the model has not met is solved like a user.
 */
const ials: ModelKindDefinition<Spec> = {
  kind: 'ials',
  async fit(given, { movies, chosen }, context) {
    if (chosen.length === 0) throw permanent('EmptyDataset', 'there are no interactions to learn from');
    const spec = settle(given, DEFAULTS, chosen.length);
    const learnt = chooseLearntMovies(chosen, Infinity);
    const trainer = createTrainer(context.tf, spec, chosen, learnt);
    const { losses, resumedFromEpoch } = await runEpochs(trainer, spec.epochs, taskOf(spec, chosen), context);
    const weights = {
      learnt: { shape: [learnt.movies.length], values: Float32Array.from(learnt.movies) },
      ...trainer.state,
      ...(await describeColdMovies(movies, learnt, createPause(context.signal))),
    };
    return { model: answer({ spec, users: chosen.users, movies: movies.vocabulary, weights, losses }), resumedFromEpoch };
  },
  load: (files) => answer(unpackModel(files, 'ials')),
  // Factors, a checkpoint's copy and what TensorFlow and the solver have of them, beside a batch.
  memoryMb: (given, { users, movies, interactions }) =>
    BATCH_MB[given.solver] + (7 * 4 * settle(given, DEFAULTS, interactions).embedding_dim * (users + movies)) / 2 ** 20,
};
export default ials;

function createTrainer(tf: Tensorflow, spec: Settled, chosen: Interactions, { movies, columns }: LearntMovies): Trainer {
  const weighting = weightingOf(spec);
  const rows = chosen.movieIndex.map((movie) => columns[movie]!);
  const byUser = groupRows(chosen.userIndex, rows, chosen.users.size);
  const byMovie = groupRows(rows, chosen.userIndex, movies.length);
  const deviation = 1 / Math.sqrt(spec.embedding_dim);
  const userFactors = normalTensor([chosen.users.size, spec.embedding_dim], deviation, createRandom(spec.seed, WEIGHTS_STREAM));
  const movieFactors = zeroTensor([movies.length, spec.embedding_dim]);
  const solve: HalfStep =
    spec.solver === 'cholesky'
      ? createCholesky(tf, weighting)
      : createConjugateGradient(tf, spec.embedding_dim, weighting, [byUser, byMovie]);
  const steps = { taken: 0 };
  function* trainEpoch(): Iterable<Batch> {
    steps.taken += 1;
    yield* solve(byMovie, movieFactors, userFactors, penalty(userFactors, byUser, movies.length, weighting));
    yield* solve(byUser, userFactors, movieFactors, penalty(movieFactors, byMovie, chosen.users.size, weighting));
  }
  return { samplesPerEpoch: 2 * chosen.length, trainEpoch, state: { users: userFactors, movies: movieFactors }, steps };
}

/** One side's share of the penalty. */
function penalty({ shape, values }: Tensor, { starts }: Choices, others: number, weighting: Weighting): number {
  const [rows, dim] = shape as [number, number];
  let sum = 0;
  for (let row = 0; row < rows; row += 1) {
    let squares = 0;
    for (let at = row * dim; at < (row + 1) * dim; at += 1) squares += values[at]! ** 2;
    sum += squares * penaltyOf(starts[row + 1]! - starts[row]!, others, weighting);
  }
  return sum;
}

function answer(parts: ModelParts<Spec>): TrainedModel {
  const { users, movies, weights } = parts;
  const spec = parts.spec as Settled;
  const { learnt, hasLearnt, spread, similarityBy, similarityOfLearnt } = readMovieScores(weights, movies.size);
  const userFactors = weight(weights, 'users');
  const movieFactors = weight(weights, 'movies');
  const dim = spec.embedding_dim;
  const foldIn = createFoldIn(weights['movies']!, weightingOf(spec));

  function scoreBy(factors: ArrayLike<number>): Float32Array {
    const scores = new Float32Array(learnt.movies.length);
    for (let column = 0, at = 0; column < scores.length; column += 1) {
      let score = 0;
      for (let d = 0; d < dim; d += 1, at += 1) score += factors[d]! * movieFactors[at]!;
      scores[column] = score;
    }
    return spread(scores);
  }

  return createTrainedModel({
    kind: 'ials',
    users,
    movies,
    answersUnknownUsers: false,
    scoreAll(user) {
      if (user === null) throw new UnknownUser('ials', null);
      return scoreBy(userFactors.subarray(user * dim, (user + 1) * dim));
    },
    scoreHistory: (history) =>
      scoreBy(foldIn(Int32Array.from(new Set(history.map((movie) => learnt.columns[movie]!).filter((row) => row >= 0))))),
    hasLearnt,
    similarityToAll: similarityBy((movie) => spread(cosineToAll(movieFactors, dim, learnt.columns[movie]!))),
    similarityOf: similarityOfLearnt((column, others) => cosinesTo(movieFactors, dim, column, others)),
    save: () => packModel(parts),
    dispose: () => undefined,
  });
}
