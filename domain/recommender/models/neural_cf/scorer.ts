import type { Rank, Tensor2D } from '@tensorflow/tfjs-node';
import { valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { cosinesTo, cosineToAll } from '../../numeric/cosine.ts';
import { asMatrix, type DenseLayer } from '../../learning/dense.ts';
import type { Parameters } from './parameters.ts';

/**
 * Scores one user against every movie, or pairs of users and movies. The first layer is linear in its input, so the movies' share of it is worked out once,
 * at load, and a request adds the user's share. A last column of ones carries the biases through the layers: adding them would be one more pass over all numbers.
 */
export function createScorer(tf: Tensorflow, { dim, users, movies, movieBias, userBias, tower, output }: Parameters) {
  const width = 2 * dim;
  const [first, ...rest] = tower;
  const gmfKernel = output.kernel.values.subarray(0, dim);
  const prepared = tf.tidy(() => {
    const kernel = asMatrix(tf, first!.kernel);
    const table = asMatrix(tf, movies);
    const ofMovies = table
      .slice([0, dim], [-1, dim])
      .matMul(kernel.slice([dim, 0], [dim, -1]))
      .add<Tensor2D>(tf.tensor1d(first!.bias.values));
    return {
      userKernel: withColumn(tf, kernel.slice([0, 0], [dim, -1]), 0),
      moviesAtFirst: withColumn(tf, ofMovies, 1),
      above: rest.map((layer, at) => carryingBias(tf, layer, at === rest.length - 1)),
      topKernel: tf.tensor2d(output.kernel.values.subarray(dim), [output.kernel.values.length - dim, 1]),
      // With each movie's bias beside it, which a user takes once.
      moviesInGmf: tf.concat2d([table.slice([0, 0], [-1, dim]), asMatrix(tf, movieBias).add<Tensor2D>(output.bias.values[0]!)], 1),
    };
  });
  /** One layer alone has no kernel above it that would take its column of ones. */
  const lastUnits = tower.at(-1)!.bias.values.length;

  const averageUser = userBias && meanRow(users.values, width);

  /** @param atFirst rows × units of the first layer, before its relu. @returns rows × 1 */
  function climb(atFirst: Tensor2D): Tensor2D {
    let below = atFirst.relu<Tensor2D>();
    for (const kernel of prepared.above) below = tf.matMul<Tensor2D>(below, kernel).relu<Tensor2D>();
    return tf.matMul(rest.length > 0 ? below : below.slice([0, 0], [-1, lastUnits]), prepared.topKernel);
  }

  /** @param user null for an average one, where ratings are learnt */
  function scoreAll(user: number | null): Float32Array {
    const row = user === null ? averageUser! : users.values.subarray(user * width, (user + 1) * width);
    const biasOfUser = user === null || !userBias ? 0 : userBias.values[user]!;
    return valuesOf(tf, () => {
      const userAtFirst = tf.tensor2d(row.subarray(dim), [1, dim]).matMul<Tensor2D>(prepared.userKernel);
      const weighted = Float32Array.from({ length: dim + 1 }, (_, d) => (d < dim ? row[d]! * gmfKernel[d]! : 1));
      const logits = climb(prepared.moviesAtFirst.add<Tensor2D>(userAtFirst)).add(
        prepared.moviesInGmf.matMul(tf.tensor2d(weighted, [dim + 1, 1])),
      );
      return (biasOfUser === 0 ? logits : logits.add(biasOfUser)).dataSync<'float32'>();
    });
  }

  /** @param pairUsers and `pairMovies`: positions, as many. */
  function scorePairs(pairUsers: Int32Array, pairMovies: Int32Array): Float32Array {
    const rows = new Float32Array(pairUsers.length * dim);
    const weighted = new Float32Array(pairUsers.length * (dim + 1));
    pairUsers.forEach((user, pair) => {
      const row = users.values.subarray(user * width, (user + 1) * width);
      rows.set(row.subarray(dim), pair * dim);
      for (let d = 0; d < dim; d += 1) weighted[pair * (dim + 1) + d] = row[d]! * gmfKernel[d]!;
      weighted[pair * (dim + 1) + dim] = 1;
    });
    const logits = valuesOf(tf, () => {
      const at = tf.tensor1d(pairMovies, 'int32');
      const usersAtFirst = tf.tensor2d(rows, [pairUsers.length, dim]).matMul<Tensor2D>(prepared.userKernel);
      const inGmf = tf
        .gather(prepared.moviesInGmf, at)
        .mul<Tensor2D>(tf.tensor2d(weighted, [pairUsers.length, dim + 1]))
        .sum(1, true);
      return climb(tf.gather(prepared.moviesAtFirst, at).add<Tensor2D>(usersAtFirst)).add(inGmf).dataSync<'float32'>();
    });
    return userBias ? logits.map((logit, pair) => logit + userBias.values[pairUsers[pair]!]!) : logits;
  }

  return {
    scoreAll,
    scorePairs,
    similarityToAll: (movie: number): Float32Array => cosineToAll(movies.values, width, movie),
    similarityOf: (movie: number, others: Int32Array): Float32Array => cosinesTo(movies.values, width, movie, others),
    dispose: () => tf.dispose(prepared),
  };
}

const withColumn = (tf: Tensorflow, matrix: Tensor2D, value: number): Tensor2D =>
  tf.concat2d([matrix, tf.fill<Rank.R2>([matrix.shape[0], 1], value)], 1);

/** A layer whose input has a last column of ones; so has its output, but for the last one's. */
function carryingBias(tf: Tensorflow, { kernel, bias }: DenseLayer, isLast: boolean): Tensor2D {
  const units = bias.values.length;
  const carried = tf.concat2d([asMatrix(tf, kernel), tf.tensor2d(bias.values, [1, units])], 0);
  if (isLast) return carried;
  const inputs = carried.shape[0];
  const ones = Float32Array.from({ length: inputs }, (_, input) => Number(input === inputs - 1));
  return tf.concat2d([carried, tf.tensor2d(ones, [inputs, 1])], 1);
}

function meanRow(values: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  const rows = values.length / width;
  for (let at = 0; at < values.length; at += 1) mean[at % width]! += values[at]! / rows;
  return mean;
}
