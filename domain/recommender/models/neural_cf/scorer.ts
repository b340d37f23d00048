import type { Tensor, Tensor2D } from '@tensorflow/tfjs-node';
import { valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { compile, type Compiled } from '../../../../platform/tensorflowGraph.ts';
import { cosinesTo, cosineToAll } from '../../numeric/cosine.ts';
import { asMatrix } from '../../learning/dense.ts';
import type { Parameters } from './parameters.ts';

/**
 * Scores one user against every movie, or pairs of users and movies. The first layer is linear in its input, so the movies' share of it is worked out once,
 * at load, and a request adds the user's share.
 */
export function createScorer(tf: Tensorflow, { dim, users, movies, movieBias, userBias, tower, output }: Parameters) {
  const width = 2 * dim;
  const [first, ...rest] = tower;
  const gmfKernel = output.kernel.values.subarray(0, dim);
  const prepared = tf.tidy(() => {
    const kernel = asMatrix(tf, first!.kernel);
    const table = asMatrix(tf, movies);
    const ofMovies = tf.matMul(table.slice([0, dim], [-1, dim]), kernel.slice([dim, 0], [dim, -1]));
    return {
      userKernel: kernel.slice([0, 0], [dim, -1]),
      moviesAtFirst: ofMovies.add<Tensor2D>(tf.tensor1d(first!.bias.values)),
      above: rest.map((layer) => ({ kernel: asMatrix(tf, layer.kernel), bias: tf.tensor1d(layer.bias.values) })),
      topKernel: tf.tensor2d(output.kernel.values.subarray(dim), [output.kernel.values.length - dim, 1]),
      // With each movie's bias beside it, which a user takes once.
      moviesInGmf: tf.concat2d([table.slice([0, 0], [-1, dim]), asMatrix(tf, movieBias).add<Tensor2D>(output.bias.values[0]!)], 1),
    };
  });

  const averageUser = userBias && meanRow(users.values, width);

  /** @param atFirst rows × units of the first layer, before its relu. @returns rows × 1 */
  function climb(atFirst: Tensor2D): Tensor2D {
    let below = atFirst.relu<Tensor2D>();
    for (const { kernel, bias } of prepared.above) below = tf.fused.matMul({ a: below, b: kernel, bias, activation: 'relu' }) as Tensor2D;
    return tf.matMul(below, prepared.topKernel);
  }

  /** @param inTower 1 × dim @param inGmf dim + 1 × 1, weighted. @returns movies × 1 */
  const againstAll = (inTower: Tensor, inGmf: Tensor) =>
    climb(prepared.moviesAtFirst.add<Tensor2D>(tf.matMul(inTower, prepared.userKernel))).add(tf.matMul(prepared.moviesInGmf, inGmf));
  let compiled: Compiled | undefined;

  /** @param user null for an average one, where ratings are learnt */
  function scoreAll(user: number | null): Float32Array {
    const row = user === null ? averageUser! : users.values.subarray(user * width, (user + 1) * width);
    const biasOfUser = user === null || !userBias ? 0 : userBias.values[user]!;
    const weighted = Float32Array.from({ length: dim + 1 }, (_, d) => (d < dim ? row[d]! * gmfKernel[d]! : 1));
    const scores = valuesOf(tf, () => {
      const inputs = [tf.tensor2d(row.subarray(dim), [1, dim]), tf.tensor2d(weighted, [dim + 1, 1])] as const;
      compiled ??= compile(tf, againstAll, inputs);
      return compiled.run(...inputs).dataSync<'float32'>();
    });
    return biasOfUser === 0 ? scores : scores.map((score) => score + biasOfUser);
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
    dispose: (): void => {
      compiled?.dispose();
      tf.dispose(prepared);
    },
  };
}

function meanRow(values: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  const rows = values.length / width;
  for (let at = 0; at < values.length; at += 1) mean[at % width]! += values[at]! / rows;
  return mean;
}
