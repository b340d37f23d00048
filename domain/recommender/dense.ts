import type { Tensor2D } from '@tensorflow/tfjs-node';
import { valuesOf, type Tensorflow } from '../../platform/tensorflow.ts';
import { adamStep, type MomentsOf } from './adam.ts';
import type { Random } from './random.ts';
import type { Tensor } from './safetensors.ts';

/** @property kernel inputs × units @property bias one a unit */
export interface DenseLayer {
  readonly kernel: Tensor;
  readonly bias: Tensor;
}

/** @property hidden share of units switched off, 0 for none; applies to every ReLU layer */
export interface Dropout {
  readonly share: number;
  readonly random: Random;
}

export interface DenseGradients {
  readonly input: Float32Array;
  readonly layers: readonly { readonly kernel: Float32Array; readonly bias: Float32Array }[];
}

/**
 * Runs a batch up through dense layers, asks for the loss's gradient at the top, and brings it down again, by hand: TensorFlow multiplies the
 * matrices, and what is done number by number is done in one loop here, which costs less than an operation each.
 * @param input rows × inputs of the first layer
 * @param top what the last layer ends in; the others end in ReLU and dropout
 * @param atTop takes what the last layer gave, rows × units, and returns the loss's gradient by it, an array that is then written over
 */
export function backPropagate(
  tf: Tensorflow,
  layers: readonly DenseLayer[],
  input: Float32Array,
  top: 'relu' | 'linear',
  dropout: Dropout,
  atTop: (last: Float32Array) => Float32Array,
): DenseGradients {
  const keepScale = 1 / (1 - shareOf(dropout));
  return valuesOf(tf, () => {
    const kernels = layers.map(({ kernel }) => asMatrix(tf, kernel));
    const rows = input.length / kernels[0]!.shape[0];
    const outputs: Float32Array[] = [input];
    const inputs: Tensor2D[] = [];
    layers.forEach(({ bias }, index) => {
      inputs.push(tf.tensor2d(outputs[index]!, [rows, kernels[index]!.shape[0]]));
      const output = tf.matMul(inputs[index]!, kernels[index]!).dataSync() as Float32Array;
      if (top === 'linear' && index === layers.length - 1) addBias(output, bias.values);
      else activate(output, bias.values, dropout);
      outputs.push(output);
    });

    let gradient = atTop(outputs.at(-1)!);
    const gradients: { kernel: Float32Array; bias: Float32Array }[] = [];
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      if (top === 'relu' || index < layers.length - 1) keepWhereActive(gradient, outputs[index + 1]!, keepScale);
      const units = kernels[index]!.shape[1];
      const atLayer = tf.tensor2d(gradient, [rows, units]);
      gradients.unshift({ kernel: tf.matMul(inputs[index]!, atLayer, true).dataSync() as Float32Array, bias: columnSums(gradient, units) });
      gradient = tf.matMul(atLayer, kernels[index]!, false, true).dataSync() as Float32Array;
    }
    return { input: gradient, layers: gradients };
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

export function adamStepLayers(
  layers: readonly DenseLayer[],
  { layers: gradients }: DenseGradients,
  momentsOf: MomentsOf,
  rate: number,
): void {
  layers.forEach(({ kernel, bias }, index) => {
    adamStep(kernel.values, momentsOf(kernel), gradients[index]!.kernel, rate);
    adamStep(bias.values, momentsOf(bias), gradients[index]!.bias, rate);
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

/** To the nearest 1/256, so that one random number serves four units. */
const shareOf = ({ share }: Dropout) => Math.round(share * 256) / 256;

/**
 * Bias, ReLU and dropout. Which unit is kept is as good as random, so a branch on it would be guessed wrong half the time and cost more
 * than all the rest: the sign bit and the drawn byte are made into masks over the number's bits.
 */
function activate(output: Float32Array, bias: Float32Array, dropout: Dropout): void {
  const units = bias.length;
  const threshold = shareOf(dropout) * 256;
  const keepScale = 1 / (1 - shareOf(dropout));
  const outputBits = new Int32Array(output.buffer, output.byteOffset, output.length);
  let drawn = 0;
  for (let from = 0; from < output.length; from += units) {
    for (let unit = 0; unit < units; unit += 1) {
      if (threshold > 0) drawn = unit % 4 === 0 ? dropout.random.bits() : drawn >>> 8;
      output[from + unit] = (output[from + unit]! + bias[unit]!) * keepScale;
      const isPositive = ~(outputBits[from + unit]! >> 31);
      const isKept = ~(((drawn & 255) - threshold) >> 31);
      outputBits[from + unit]! &= isPositive & isKept;
    }
  }
}

function addBias(output: Float32Array, bias: Float32Array): void {
  for (let from = 0; from < output.length; from += bias.length) {
    for (let unit = 0; unit < bias.length; unit += 1) output[from + unit]! += bias[unit]!;
  }
}

/**
 * Lets the gradient through just where the unit was neither cut off by ReLU nor dropped: where its output's bits are not all zero.
 * Without a branch, as in `activate`.
 */
function keepWhereActive(gradient: Float32Array, output: Float32Array, scale: number): void {
  const gradientBits = new Int32Array(gradient.buffer, gradient.byteOffset, gradient.length);
  const outputBits = new Int32Array(output.buffer, output.byteOffset, output.length);
  for (let at = 0; at < gradient.length; at += 1) {
    gradient[at]! *= scale;
    gradientBits[at]! &= (outputBits[at]! | -outputBits[at]!) >> 31;
  }
}

function columnSums(values: Float32Array, columns: number): Float32Array {
  const sums = new Float32Array(columns);
  for (let from = 0; from < values.length; from += columns) {
    for (let column = 0; column < columns; column += 1) sums[column]! += values[from + column]!;
  }
  return sums;
}
