import { describe, expect, test } from '@jest/globals';
import { backPropagate, createLayer, predict } from '../../../domain/recommender/learning/dense.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { tf } from './training.ts';

const random = createRandom(3);
const layers = [createLayer(5, 7, random), createLayer(7, 4, random), createLayer(4, 3, random)];
for (const { bias } of layers) bias.values.forEach((_, unit) => (bias.values[unit] = 0.1 * random.normal()));
const input = Float32Array.from({ length: 6 * 5 }, () => random.normal());
const wanted = Float32Array.from({ length: 6 * 3 }, () => random.normal());

const halfSquares = (given: Float32Array) => given.reduce((sum, value, at) => sum + (value - wanted[at]!) ** 2 / 2, 0);

function gradientsOf(top: 'relu' | 'linear', share: number) {
  let loss = 0;
  const gradients = backPropagate(tf, layers, input, top, { share, random: createRandom(9) }, (last) => {
    loss = halfSquares(last);
    return last.map((value, at) => value - wanted[at]!);
  });
  return { loss, gradients };
}

describe('back-propagation by hand', () => {
  test.each([
    ['linear', 0],
    ['relu', 0],
    ['relu', 0.3],
  ] as const)('agrees with the change of the loss: top %s, dropout %d', (top, share) => {
    const { gradients } = gradientsOf(top, share);
    const checks = [
      [input, gradients.input],
      ...layers.flatMap(({ kernel, bias }, at) => [
        [kernel.values, gradients.layers[at]!.kernel] as const,
        [bias.values, gradients.layers[at]!.bias] as const,
      ]),
    ] as const;
    for (const [values, gradient] of checks) {
      for (let at = 0; at < values.length; at += 3) {
        const kept = values[at]!;
        const lossAt = (value: number) => {
          values[at] = value;
          return gradientsOf(top, share).loss;
        };
        const slope = (lossAt(kept + 1e-3) - lossAt(kept - 1e-3)) / 2e-3;
        values[at] = kept;
        expect(Math.abs(gradient[at]! - slope)).toBeLessThan(0.02 + 0.01 * Math.abs(slope));
      }
    }
  });

  test('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    gradientsOf('relu', 0.3);
    predict(tf, layers, input);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('dropout switches off its share and keeps the mean', () => {
  const wide = [{ kernel: { shape: [1, 8], values: new Float32Array(8).fill(1) }, bias: { shape: [8], values: new Float32Array(8) } }];
  let given = new Float32Array();
  const dropout = { share: 0.3, random: createRandom(1) };
  backPropagate(tf, wide, new Float32Array(5_000).fill(1), 'relu', dropout, (last) => {
    given = last.slice();
    return last;
  });
  expect(given.filter((value) => value === 0).length / given.length).toBeCloseTo(0.3, 1);
  expect(given.reduce((sum, value) => sum + value) / given.length).toBeCloseTo(1, 1);
});
