import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import { timesTransposed, transposedTimes, valuesOf, type Tensorflow } from '../../../platform/tensorflow.ts';
import type { Adam } from './adam.ts';
import type { Random } from '../numeric/random.ts';
import type { Tensor } from '../numeric/safetensors.ts';
import { openSimd, type Simd } from '../numeric/simd/simd.ts';

/** @property kernel inputs × units @property bias one a unit */
export interface DenseLayer {
  readonly kernel: Tensor;
  readonly bias: Tensor;
}

/** @property share of units switched off, 0 for none; applies to every ReLU layer */
export interface Dropout {
  readonly share: number;
  readonly random: Random;
}

export interface DenseGradients {
  readonly input: Float32Array;
  readonly layers: readonly { readonly kernel: Float32Array; readonly bias: Float32Array }[];
}

/**
 * Runs a batch up through dense layers, asks for the loss's gradient at the top, and brings it down again. Only what goes in and comes out
 * leaves TensorFlow's memory.
 * @param input rows × inputs of the first layer
 * @param top what the last layer ends in; the others end in ReLU and dropout
 * @param atTop takes what the last layer gave, rows × units, and returns the loss's gradient by it
 */
export function backPropagate(
  tf: Tensorflow,
  layers: readonly DenseLayer[],
  input: Float32Array,
  top: 'relu' | 'linear',
  dropout: Dropout,
  atTop: (last: Float32Array) => Float32Array,
): DenseGradients {
  return valuesOf(tf, () => {
    const kernels = layers.map(({ kernel }) => asMatrix(tf, kernel));
    const rows = input.length / kernels[0]!.shape[0];
    const isActive = (index: number) => top === 'relu' || index < layers.length - 1;
    const outputs = [tf.tensor2d(input, [rows, kernels[0]!.shape[0]])];
    layers.forEach(({ bias }, index) => {
      const sum = tf.matMul(outputs[index]!, kernels[index]!).add<Tensor2D>(tf.tensor1d(bias.values));
      const mask = isActive(index) ? drawMask(tf, dropout, sum.shape) : null;
      const active = isActive(index) ? sum.relu<Tensor2D>() : sum;
      outputs.push(mask ? active.mul<Tensor2D>(mask) : active);
    });

    const last = outputs.at(-1)!;
    let gradient = tf.tensor2d(atTop(last.dataSync<'float32'>()), last.shape);
    const gradients: { kernel: Float32Array; bias: Float32Array }[] = [];
    const everyRow = tf.ones<Rank.R2>([1, rows]);
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      // An output is 0 where its unit was cut off or dropped. What dropout scaled the others by is made up for in what is small.
      if (isActive(index)) gradient = gradient.mul<Tensor2D>(outputs[index + 1]!.sign());
      const scale = isActive(index) ? scaleOf(dropout) : 1;
      gradients.unshift({
        kernel: transposedTimes(tf, outputs[index]!, gradient).mul(scale).dataSync<'float32'>(),
        bias: tf.matMul(everyRow, gradient).mul(scale).dataSync<'float32'>(),
      });
      gradient = timesTransposed(tf, gradient, kernels[index]!.mul<Tensor2D>(scale));
    }
    return { input: gradient.dataSync<'float32'>(), layers: gradients };
  });
}

/**
 * Runs a batch up through dense layers: ReLU between them, linear at the end.
 * @param input rows × inputs of the first layer
 * @returns rows × units of the last layer
 */
export const predict = (tf: Tensorflow, layers: readonly DenseLayer[], input: Float32Array): Float32Array =>
  valuesOf(tf, () => {
    const width = layers[0]!.kernel.shape[0]!;
    const top = layers.reduce(
      (below, layer, index) => {
        const sum = tf.matMul(index === 0 ? below : below.relu(), asMatrix(tf, layer.kernel));
        return sum.add(tf.tensor1d(layer.bias.values));
      },
      tf.tensor2d(input, [input.length / width, width]),
    );
    return top.dataSync() as Float32Array;
  });

/** @param layers of the optimiser's weights */
export function adamStepLayers(
  adam: Pick<Adam<unknown, unknown>, 'step'>,
  layers: readonly DenseLayer[],
  { layers: gradients }: DenseGradients,
  rate: number,
): void {
  layers.forEach(({ kernel, bias }, index) => {
    adam.step(kernel, gradients[index]!.kernel, rate);
    adam.step(bias, gradients[index]!.bias, rate);
  });
}

export const asMatrix = (tf: Tensorflow, { values, shape }: Tensor): Tensor2D => tf.tensor2d(values, shape as [number, number]);

/** He et al. 2015, arXiv:1502.01852: keeps the variance through ReLU. */
export const createLayer = (inputs: number, units: number, random: Random): DenseLayer => ({
  kernel: normalTensor([inputs, units], Math.sqrt(2 / inputs), random),
  bias: zeroTensor([units]),
});

export const zeroTensor = (shape: readonly number[]): Tensor => ({ shape, values: new Float32Array(sizeOf(shape)) });
export const normalTensor = (shape: readonly number[], deviation: number, random: Random): Tensor => ({
  shape,
  values: Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal()),
});
const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** To the nearest 1/256: a byte decides for a unit. */
const thresholdOf = ({ share }: Dropout) => Math.round(share * 256);
const scaleOf = (dropout: Dropout) => 256 / (256 - thresholdOf(dropout));

/** Where masks are drawn, as large as the largest so far; a process that only answers never needs it. */
let drawing: Simd<{ mask: number }, object> | undefined;

/**
 * Dropout to multiply by: 0 for a share of the numbers, to the nearest 1/256, and for the rest what keeps their mean.
 * @returns null where nothing is dropped
 */
export function drawMask<Shape extends [number, number] | [number, number, number]>(tf: Tensorflow, dropout: Dropout, shape: Shape) {
  const threshold = thresholdOf(dropout);
  if (threshold === 0) return null;
  const length = sizeOf(shape);
  if (!drawing || drawing.floats.mask.length < length) drawing = openSimd({ mask: 16 * Math.ceil(length / 16) }, {});
  const { mask } = drawing.floats;
  drawing.drawMask(mask.byteOffset, length, threshold, scaleOf(dropout), dropout.random.bits());
  // A copy: some backends keep what they are given.
  return tf.tensor(mask.slice(0, length), shape) as Shape['length'] extends 2 ? Tensor2D : Tensor3D;
}
