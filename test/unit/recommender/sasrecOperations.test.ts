import { expect, test } from '@jest/globals';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import { layerNorm, relu, sampledSoftmax } from '../../../domain/recommender/models/sasrec/operations.ts';
import { tf } from './training.ts';

/** Value and gradients of both, on the same inputs. */
function expectSame(own: (...inputs: Tensor[]) => Tensor, plain: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]) {
  tf.tidy(() => {
    const weights = tf.randomNormal(own(...inputs).shape, 0, 1, 'float32', 9);
    const [ours, theirs] = [own, plain].map((operation) =>
      tf.valueAndGrads((...given: Tensor[]) =>
        operation(...given)
          .mul(weights)
          .sum()
          .asScalar(),
      )(inputs),
    );
    expect(ours!.value.dataSync()[0]).toBeCloseTo(theirs!.value.dataSync()[0]!, 3);
    ours!.grads.forEach((gradient, nth) => {
      expect(gradient.shape).toEqual(inputs[nth]!.shape);
      const wanted = theirs!.grads[nth]!.dataSync();
      expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.01);
      gradient.dataSync().forEach((value, at) => expect(value).toBeCloseTo(wanted[at]!, 3));
    });
  });
}

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

test('layer normalisation has the value and the gradients of its definition', () => {
  const plain = (values: Tensor, scale: Tensor, shift: Tensor) => {
    const { mean, variance } = tf.moments(values, -1, true);
    return values.sub(mean).div(variance.add(1e-6).sqrt()).mul(scale).add(shift);
  };
  expectSame((values, scale, shift) => layerNorm(tf, values as Tensor3D, scale, shift), plain, [
    normal([3, 4, 8], 1),
    normal([8], 2),
    normal([8], 3),
  ]);
});

test('ReLU has the value and the gradient of its definition', () => {
  expectSame(
    (values) => relu(tf, values as Tensor3D),
    (values) => values.relu(),
    [normal([3, 4, 8], 1)],
  );
});

test('the loss is the cross-entropy of the right movie among those sampled that are not the right one', () => {
  const next = tf.tensor1d([2, 0, 5, 2], 'int32');
  const sampled = tf.tensor1d([4, 2, 1, 2, 5], 'int32');
  const chances = tf.tensor1d([2, 0, 1, 2]); // how often each of `next` stands in `sampled`
  const plain = (expected: Tensor, table: Tensor) => {
    const right = tf.gather(table, next).mul(expected).sum(1, true);
    const isRight = tf.equal(next.expandDims(1), sampled.expandDims(0)).cast('float32');
    const wrong = tf.matMul(expected as Tensor2D, tf.gather(table as Tensor2D, sampled), false, true).add(isRight.mul(-1e9));
    return tf
      .logSumExp(tf.concat([right, wrong], 1), 1)
      .sub(right.squeeze([1]))
      .mean();
  };
  const own = (expected: Tensor, table: Tensor) => sampledSoftmax(tf, expected as Tensor2D, table as Tensor2D, next, sampled, chances);
  expectSame(own, plain, [normal([4, 8], 1), normal([6, 8], 2)]);
  // Logits whose exponential is no float32.
  const large = [tf.fill([4, 8], 20), tf.fill([6, 8], 20)] as const;
  expect(own(...large).dataSync()[0]).toBeCloseTo(plain(...large).dataSync()[0]!, 3);
});
