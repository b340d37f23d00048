import { expect, test } from '@jest/globals';
import { backPropagate } from '../../../domain/recommender/learning/dense.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { openTensorflow, timesTransposed, transposedTimes } from '../../../platform/tensorflow.ts';

test('on WebAssembly, which is slow at it, no product is asked for of a matrix as transposed, and each comes out the same', async () => {
  const { tf } = await openTensorflow('wasm');
  const flags: unknown[] = [];
  const watched: typeof tf = {
    ...tf,
    matMul: (a, b, ofA, ofB) => {
      flags.push(ofA ?? false, ofB ?? false);
      return tf.matMul(a, b, ofA, ofB);
    },
  };
  const [a, b] = [tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor2d([1, 0, -1, 2, 1, 1], [3, 2])];
  expect([...transposedTimes(watched, a, b).dataSync()]).toEqual([...tf.matMul(a, b, true).dataSync()]);
  expect([...timesTransposed(watched, a, b).dataSync()]).toEqual([...tf.matMul(a, b, false, true).dataSync()]);
  const layer = (inputs: number, units: number) => ({
    kernel: { shape: [inputs, units], values: new Float32Array(inputs * units).fill(0.5) },
    bias: { shape: [units], values: new Float32Array(units) },
  });
  const dropout = { share: 0, random: createRandom(1, 1) };
  backPropagate(watched, [layer(2, 3), layer(3, 1)], new Float32Array([1, 2, 3, 4]), 'linear', dropout, (last) => last);
  expect(flags.length).toBeGreaterThan(8);
  expect(flags).not.toContain(true);
});
