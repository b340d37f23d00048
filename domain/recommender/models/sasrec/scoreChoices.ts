import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import { valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { asMatrix } from '../../learning/dense.ts';
import type { Histories } from '../../model/histories.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import type { ValidationChoice } from '../../learning/validationChoices.ts';
import { encode, keepAll } from './network.ts';
import { layerNames, MOVIES } from './parameters.ts';

/**
 * Scores of each choice's candidates by the weights as they are; −∞ for a movie that is not learnt.
 * @param histories rows of the table of movies
 * @param columns the row of each movie, -1 for none
 */
export function scoreChoices(
  tf: Tensorflow,
  parameters: Tensors,
  { blocks, length }: { readonly blocks: number; readonly length: number },
  histories: Histories,
  columns: Int32Array,
  choices: readonly ValidationChoice[],
): Float32Array[] {
  const table = parameters[MOVIES]!;
  const dim = table.shape[1]!;
  const pasts = choices.map(({ user }) => histories.of(user).slice(-length));
  const places = Math.max(...pasts.map((past) => past.length));
  const rows = new Int32Array(choices.length * places);
  pasts.forEach((past, nth) => rows.set(past, nth * places));
  const lasts = Int32Array.from(pasts, (past, nth) => nth * places + past.length - 1);
  const expected = valuesOf(tf, () => {
    const layers = Object.fromEntries(
      layerNames(blocks).map((name) => [name, tf.tensor(parameters[name]!.values, [...parameters[name]!.shape])]),
    );
    const movies = tf.gather(asMatrix(tf, table), tf.tensor1d(rows, 'int32')).reshape<Tensor3D>([choices.length, places, dim]);
    const states = encode(tf, layers, blocks, movies, keepAll).reshape<Tensor2D>([-1, dim]);
    return tf.gather(states, tf.tensor1d(lasts, 'int32')).dataSync<'float32'>();
  });
  return choices.map(({ candidates }, nth) =>
    Float32Array.from(candidates, (movie) => {
      const row = columns[movie]!;
      if (row < 0) return -Infinity;
      let score = 0;
      for (let d = 0; d < dim; d += 1) score += expected[nth * dim + d]! * table.values[row * dim + d]!;
      return score;
    }),
  );
}
