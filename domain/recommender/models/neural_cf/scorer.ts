import type { Tensor2D } from '@tensorflow/tfjs-node';
import { valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { cosineToAll } from '../../numeric/cosine.ts';
import { asMatrix } from '../../learning/dense.ts';
import type { Parameters } from './parameters.ts';

/**
 * Scores one user against every movie. The first layer is linear in its input, so the movies' share of it is worked out once,
 * at load, and a request adds the user's share.
 */
export function createScorer(tf: Tensorflow, { dim, users, movies, movieBias, userBias, tower, output }: Parameters) {
  const width = 2 * dim;
  const layers = tower.map(({ kernel, bias }) => ({ kernel: asMatrix(tf, kernel), bias: tf.tensor1d(bias.values) }));
  const [first, ...rest] = layers;
  const gmfKernel = output.kernel.values.subarray(0, dim);
  const prepared = tf.tidy(() => {
    const table = asMatrix(tf, movies);
    return {
      userKernel: first!.kernel.slice([0, 0], [dim, -1]),
      moviesAtFirst: table
        .slice([0, dim], [-1, dim])
        .matMul(first!.kernel.slice([dim, 0], [dim, -1]))
        .add<Tensor2D>(first!.bias),
      moviesInGmf: table.slice([0, 0], [-1, dim]),
      topKernel: tf.tensor2d(output.kernel.values.subarray(dim), [output.kernel.values.length - dim, 1]),
      biases: asMatrix(tf, movieBias).add<Tensor2D>(output.bias.values[0]!),
    };
  });

  const averageUser = userBias && meanRow(users.values, width);

  /** @param user null for an average one, where ratings are learnt */
  function scoreAll(user: number | null): Float32Array {
    const row = user === null ? averageUser! : users.values.subarray(user * width, (user + 1) * width);
    const biasOfUser = user === null || !userBias ? 0 : userBias.values[user]!;
    return valuesOf(tf, () => {
      const userAtFirst = tf.tensor2d(row.subarray(dim), [1, dim]).matMul(prepared.userKernel);
      let below = prepared.moviesAtFirst.add<Tensor2D>(userAtFirst).relu();
      for (const { kernel, bias } of rest) below = below.matMul<Tensor2D>(kernel).add<Tensor2D>(bias).relu();
      const weighted = tf.tensor2d(
        row.subarray(0, dim).map((value, d) => value * gmfKernel[d]!),
        [dim, 1],
      );
      const logits = below.matMul(prepared.topKernel).add(prepared.moviesInGmf.matMul(weighted)).add(prepared.biases.add(biasOfUser));
      return logits.dataSync<'float32'>();
    });
  }

  return {
    scoreAll,
    similarityToAll: (movie: number): Float32Array => cosineToAll(movies.values, width, movie),
    dispose: () => tf.dispose([prepared, layers]),
  };
}

function meanRow(values: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  const rows = values.length / width;
  for (let at = 0; at < values.length; at += 1) mean[at % width]! += values[at]! / rows;
  return mean;
}
