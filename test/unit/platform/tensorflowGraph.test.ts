import { afterEach, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Rank, Tensor, Tensor2D } from '@tensorflow/tfjs-node';
import { loadTensorflow } from '../../../platform/tensorflow.ts';
import { compile, type Compiled } from '../../../platform/tensorflowGraph.ts';

const { tf } = loadTensorflow('cpu');
const compiled: Compiled[] = [];
const compiledOf = (...given: Parameters<typeof compile>) => {
  const one = compile(...given);
  compiled.push(one);
  return one;
};
afterEach(() => {
  for (const one of compiled.splice(0)) one.dispose();
});
const numbers = (...shape: [number, number]): Tensor2D => tf.randomUniform<Rank.R2>(shape, -1, 1);
const valuesOf = (tensor: Tensor) => [...tensor.dataSync<'float32'>()];

describe('a compiled computation', () => {
  const kernel = numbers(4, 3);
  const bias = tf.tensor1d([0.5, -0.5, 0.1]);
  const layer = (a: Tensor) => tf.fused.matMul({ a: a, b: kernel, bias, activation: 'relu' });
  const around = (a: Tensor) => {
    const [first, ...rest] = tf.split(layer(a), 3, 1);
    const mean = a.mean(-1, true);
    return tf
      .concat([first!, ...rest], 1)
      .add(mean)
      .softmax()
      .reshape([-1])
      .sub(tf.scalar(0.25))
      .square();
  };

  test.each([['a layer', layer] as const, ['several outputs, constants, reductions and shapes', around] as const])(
    'gives what its operations give: %s',
    (_, compute) => {
      const run = compiledOf(tf, compute, [numbers(5, 4)]);
      for (let time = 0; time < 3; time += 1) {
        const given = numbers(5, 4);
        const [expected, actual] = [compute(given), run.run(given)];
        expect(actual.shape).toEqual(expected.shape);
        valuesOf(actual).forEach((value, at) => expect(value).toBeCloseTo(valuesOf(expected)[at]!, 5));
      }
    },
  );

  test('takes several inputs, of whole numbers too, in their order', () => {
    const table = numbers(6, 2);
    const compute = (at: Tensor, by: Tensor) => tf.gather(table, at as never).mul(by);
    const run = compiledOf(tf, compute, [tf.tensor1d([0, 0], 'int32'), tf.scalar(1)]);
    const [at, by] = [tf.tensor1d([5, 2], 'int32'), tf.scalar(-3)];
    expect(valuesOf(run.run(at, by))).toEqual(valuesOf(compute(at, by)));
  });

  test('leaves no tensor, no file, and the operations as they were', async () => {
    const graphs = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('mlops-graph-'));
    const [before, files] = [tf.memory().numTensors, await graphs()];
    const given = numbers(5, 4);
    const run = compiledOf(tf, around, [given]);
    tf.dispose([run.run(given), given]);
    expect([tf.memory().numTensors, await graphs()]).toEqual([before, files]);
    expect(Object.hasOwn(tf.backend(), 'executeSingleOutput')).toBe(false);
  });

  test('that throws leaves the operations as they were', () => {
    const given = numbers(1, 1);
    const broken = () => {
      throw new Error('no');
    };
    expect(() => compile(tf, broken, [given])).toThrow('no');
    expect(valuesOf(given.square())).toEqual(valuesOf(given).map((value) => Math.fround(value * value)));
    expect(Object.hasOwn(tf.backend(), 'executeSingleOutput')).toBe(false);
  });
});
