import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';

// Operations with a gradient of their own, since TensorFlow.js would make each of many small ones, with a pass over the numbers for each of those.

const NORM_EPSILON = 1e-6;

/**
 * Layer normalisation over the last axis (Ba et al. 2016, arXiv:1607.06450).
 * @param scale dim @param shift dim
 */
export function layerNorm(tf: Tensorflow, values: Tensor3D, scale: Tensor, shift: Tensor): Tensor3D {
  const operation = tf.customGrad((x, factor, offset, save) => {
    const centred = (x as Tensor).sub((x as Tensor).mean(-1, true));
    const inverse = centred.square().mean(-1, true).add(NORM_EPSILON).rsqrt();
    const normal = centred.mul(inverse);
    (save as (tensors: Tensor[]) => void)([normal, inverse, factor as Tensor]);
    return {
      value: normal.mul(factor as Tensor).add(offset as Tensor),
      gradFunc(gradient: Tensor, saved: Tensor[]) {
        const [unit, spread, by] = saved as [Tensor, Tensor, Tensor];
        const dim = gradient.shape.at(-1)!;
        const toUnit = gradient.mul(by);
        const along = toUnit.mul(unit).mean(-1, true);
        const toValues = toUnit.sub(toUnit.mean(-1, true)).sub(unit.mul(along)).mul(spread);
        const sumOf = (tensor: Tensor) => sumRows(tf, tensor.reshape<Tensor2D>([-1, dim]));
        return [toValues, sumOf(gradient.mul(unit)), sumOf(gradient)];
      },
    };
  });
  return operation(values, scale, shift) as Tensor3D;
}

/** A product with a row of ones takes a third of what TensorFlow's sum does. */
const sumRows = (tf: Tensorflow, values: Tensor2D): Tensor1D => tf.matMul(tf.ones([1, values.shape[0]]), values).reshape([-1]);

export const relu = (tf: Tensorflow, values: Tensor3D): Tensor3D =>
  tf.customGrad((x, save) => {
    const value = (x as Tensor).relu();
    (save as (tensors: Tensor[]) => void)([value]);
    return { value, gradFunc: (gradient: Tensor, saved: Tensor[]) => gradient.mul(saved[0]!.sign()) };
  })(values) as Tensor3D;

/**
 * Mean cross-entropy of the movie chosen next among sampled ones (Klenitskiy and Vasilev 2023, arXiv:2309.07602). A sampled movie that is the right one
 * does not count.
 * @param expected choices × dim @param table rows × dim @param next row of the movie chosen @param sampled rows of the others
 * @param chances for each choice how often the right movie is among the sampled ones
 */
export function sampledSoftmax(
  tf: Tensorflow,
  expected: Tensor2D,
  table: Tensor2D,
  next: Tensor1D,
  sampled: Tensor1D,
  chances: Tensor1D,
): Scalar {
  const choices = expected.shape[0];
  const extra = chances.reshape<Tensor2D>([choices, 1]).neg().add(1);
  const operation = tf.customGrad((given, rows, save) => {
    const states = given as Tensor2D;
    const [right, others] = [tf.gather(rows as Tensor2D, next), tf.gather(rows as Tensor2D, sampled)];
    const rightLogits = right.mul(states).sum(1, true);
    const otherLogits = tf.matMul(states, others, false, true);
    const most = tf.maximum(otherLogits.max(1, true), rightLogits);
    const weights = otherLogits.sub<Tensor2D>(most).exp();
    const rightWeights = rightLogits.sub(most).exp().mul(extra);
    const all = weights.sum(1, true).add(rightWeights);
    (save as (tensors: Tensor[]) => void)([states, right, others, weights, rightWeights, all]);
    return {
      value: all.log().add(most).sub(rightLogits).mean(),
      gradFunc(gradient: Tensor, saved: Tensor[]) {
        const [at, toRight, toOthers, byOthers, byRight, sum] = saved as Tensor2D[];
        const share = sum!.reciprocal().mul(gradient).div(choices);
        const ofOthers = byOthers!.mul<Tensor2D>(share);
        const ofRight = byRight!.mul(share).sub<Tensor2D>(gradient.div(choices));
        const toRows = tf.concat2d([at!.mul(ofRight), tf.matMul(ofOthers, at!, true)], 0);
        return [
          tf.matMul(ofOthers, toOthers!).add(toRight!.mul(ofRight)),
          tf.unsortedSegmentSum(toRows, tf.concat1d([next, sampled]), table.shape[0]),
        ];
      },
    };
  });
  return operation(expected, table) as Scalar;
}
