import type { SpecOf } from '../../../../contracts/models.ts';
import { settle } from '../../../../contracts/specs/modelSpec.ts';
import { permanent } from '../../../../contracts/failures.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { describeColdMovies } from '../../model/coldMovies.ts';
import { createCooccurrence } from '../../model/cooccurrence.ts';
import { historyTensors, readHistories } from '../../model/histories.ts';
import type { Interactions } from '../../data/interactions.ts';
import { invertSymmetric } from './invertSymmetric.ts';
import { chooseLearntMovies, type LearntMovies } from '../../model/learntMovies.ts';
import { createHistoryModel } from '../../model/historyModel.ts';
import type { ModelKindDefinition, TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, weight, type ModelParts } from '../../model/modelParts.ts';
import { readMovieScores } from '../../model/movieScores.ts';
import { createPause, type Pause } from '../../numeric/pause.ts';
import { createSummableTable } from '../../numeric/sumRows.ts';
import { DEFAULTS } from '../../../../contracts/specs/ease.ts';

type Spec = SpecOf<'ease'>;

/**
 * A linear autoencoder with a zero diagonal (EASE; Steck 2019, arXiv:1905.03375): each movie is predicted from the others a user chose, by
 * weights that have a closed form. A user is what they chose, so one the model has never met is answered like any other.
 */
const ease: ModelKindDefinition<Spec> = {
  kind: 'ease',
  async fit(given, { movies, chosen }, { tf, signal }) {
    if (chosen.length === 0) throw permanent('EmptyDataset', 'there are no interactions to learn from');
    const spec = settle(given, DEFAULTS, chosen.length);
    const pause = createPause(signal);
    const learnt = chooseLearntMovies(chosen, spec.max_movies);
    const size = learnt.movies.length;
    const weights = {
      learnt: { shape: [size], values: Float32Array.from(learnt.movies) },
      between: { shape: [size, size], values: await solve(tf, chosen, learnt, spec.l2, pause) },
      ...(await describeColdMovies(movies, learnt, pause)),
      ...historyTensors(chosen),
    };
    return { model: answer({ spec, users: chosen.users, movies: movies.vocabulary, weights, losses: [] }), resumedFromEpoch: null };
  },
  load: (files) => answer(unpackModel(files, 'ease')),
  // The Gram matrix, its copy in TensorFlow, what inverting it works with, the weights and their file; measured 6.4.
  memoryMb(given, { movies, interactions }) {
    const size = Math.min(movies, settle(given, DEFAULTS, interactions).max_movies);
    return (8 * 4 * size * size) / 2 ** 20;
  },
};
export default ease;

/**
 * B of eq. 8: with P the inverse of XᵀX + λI, B = I − P·diag(1 / diag P).
 * @returns learnt × learnt, row-major: row `i` is what having chosen movie `i` says of each other one; zero diagonal
 * @throws Failure `NumericalFailure` where λ is too small for float32
 */
async function solve(tf: Tensorflow, chosen: Interactions, { movies, columns }: LearntMovies, l2: number, pause: Pause) {
  const size = movies.length;
  const gram = new Float32Array(size * size);
  const cooccurrences = createCooccurrence(chosen, columns);
  for (const [column, movie] of movies.entries()) {
    cooccurrences(movie, gram.subarray(column * size, (column + 1) * size));
    gram[column * (size + 1)]! += l2;
    await pause();
  }
  const noInverse = (cause?: unknown) =>
    permanent('NumericalFailure', `the Gram matrix has no inverse in float32 with l2 ${l2}; try a larger one`, { cause });
  const inverse = await invertSymmetric(tf, tf.tensor2d(gram, [size, size]), pause).catch((error: unknown) => {
    throw /not invertible/.test(String(error)) ? noInverse(error) : error;
  });
  const between = inverse.dataSync<'float32'>();
  inverse.dispose();
  const diagonal = Float32Array.from({ length: size }, (_, column) => between[column * (size + 1)]!);
  if (!diagonal.every((value) => value > 0)) throw noInverse();
  for (let row = 0; row < size; row += 1) {
    const from = row * size;
    for (let column = 0; column < size; column += 1) between[from + column]! /= -diagonal[column]!;
    between[from + row] = 0;
  }
  return between;
}

function answer(parts: ModelParts<Spec>): TrainedModel {
  const { users, movies } = parts;
  const { learnt, hasLearnt, spread, similarityBy, similarityOfLearnt } = readMovieScores(parts.weights, movies.size);
  const size = learnt.movies.length;
  const table = createSummableTable(weight(parts.weights, 'between'), size);
  const weights = { ...parts.weights, between: { shape: [size, size], values: table.values } };

  function scoreBy(given: Int32Array): Float32Array {
    const rows = given.map((movie) => learnt.columns[movie]!).filter((row) => row >= 0);
    return spread(table.sumRows(rows));
  }

  return createHistoryModel(readHistories(weights), {
    kind: 'ease',
    users,
    movies,
    scoreHistory: scoreBy,
    hasLearnt,
    similarityToAll: similarityBy((movie) => scoreBy(Int32Array.of(movie))),
    similarityOf: similarityOfLearnt((column, others) => Float32Array.from(others, (other) => table.values[column * size + other]!)),
    save: () => packModel({ ...parts, weights }),
    dispose: () => undefined,
  });
}
