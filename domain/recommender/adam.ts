import type { Tensor, Tensors } from './safetensors.ts';

/** Moments of one array of weights (Kingma and Ba 2014, arXiv:1412.6980), same length. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export type MomentsOf = (weights: Tensor) => Moments;

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

const createMoments = (length: number): Moments => ({ first: new Float32Array(length), second: new Float32Array(length) });

/** The learning rate with both bias corrections in it. @param step 1 for the first */
export const correctedRate = (learningRate: number, step: number): number =>
  (learningRate * Math.sqrt(1 - BETA_2 ** step)) / (1 - BETA_1 ** step);

/**
 * One Adam step over `length` weights from `at` on; the gradient is read from `gradientAt` on. Called for all weights of a dense
 * layer, or for the one touched row of an embedding table: rows no sample touched keep weights and moments, at no cost.
 * @param decay times each weight is added to its gradient: an L2 penalty
 */
export function adamStep(
  weights: Float32Array,
  { first, second }: Moments,
  gradient: Float32Array,
  rate: number,
  at = 0,
  gradientAt = 0,
  length = weights.length,
  decay = 0,
): void {
  for (let offset = 0; offset < length; offset += 1) {
    const index = at + offset;
    const g = gradient[gradientAt + offset]! + decay * weights[index]!;
    const m = BETA_1 * first[index]! + (1 - BETA_1) * g;
    const v = BETA_2 * second[index]! + (1 - BETA_2) * g * g;
    first[index] = m;
    second[index] = v;
    weights[index]! -= (rate * m) / (Math.sqrt(v) + EPSILON);
  }
}

/** Moments of every weight, all zero, and the state a checkpoint keeps: weights and moments under one roof of names. */
export function createOptimiserState(weights: Tensors): { momentsOf: MomentsOf; state: Tensors } {
  const moments = new Map<Tensor, Moments>();
  const state: Record<string, Tensor> = {};
  for (const [name, weight] of Object.entries(weights)) {
    const { first, second } = createMoments(weight.values.length);
    moments.set(weight, { first, second });
    state[name] = weight;
    state[`${name}.first_moment`] = { shape: weight.shape, values: first };
    state[`${name}.second_moment`] = { shape: weight.shape, values: second };
  }
  return { state, momentsOf: (weight) => moments.get(weight)! };
}
