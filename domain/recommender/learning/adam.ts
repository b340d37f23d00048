import type { Tensor, Tensors } from '../numeric/safetensors.ts';
import { openSimd, type Lengths, type Simd } from '../numeric/simd/simd.ts';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
/** Of a gradient that are brought into the optimiser's memory at once. */
const CHUNK = 65_536;
const GRADIENT = 'adam.gradient';

/** What a batch sums for some rows of a table; all of it in the optimiser's memory. */
export interface RowGradients {
  /** Which rows of the table; `count` of them. */
  readonly rows: Int32Array;
  /** How many samples each is of. */
  readonly samples: Int32Array;
  readonly count: number;
  /** count × width of the table. */
  readonly gradients: Float32Array;
}

export interface Adam<Floats, Ints> {
  /** The weights, live, in the optimiser's memory. */
  readonly weights: Tensors;
  /** What a checkpoint keeps, live: weights and moments under one roof of names. */
  readonly state: Tensors;
  /** The memory, with the arrays that were asked for beside. */
  readonly simd: Simd<Floats, Ints>;
  /** One step over all of `weight`, one of `weights`. */
  step(weight: Tensor, gradient: Float32Array, rate: number): void;
  /**
   * One step over the rows that a batch touched: the others keep weights and moments, at no cost.
   * @param penalty on the squares of a row, for each of its samples
   */
  stepRows(table: Tensor, touched: RowGradients, rate: number, penalty?: number): void;
  /** Writes the weights as they are into the tensors that were given. */
  writeBack(): void;
}

/** The learning rate with both bias corrections in it. @param step 1 for the first */
export const correctedRate = (learningRate: number, step: number): number =>
  (learningRate * Math.sqrt(1 - BETA_2 ** step)) / (1 - BETA_1 ** step);

/**
 * Adam (Kingma and Ba 2014, arXiv:1412.6980) over weights that begin as those given, its moments zero.
 * @param floats lengths of arrays that a step works on, to be laid beside
 * @throws Failure `OutOfMemory` beyond 4 GB
 */
export function createAdam<Floats extends Lengths, Ints extends Lengths>(given: Tensors, floats: Floats, ints: Ints): Adam<Floats, Ints> {
  const entries = Object.entries(given).flatMap(([name, { shape, values }]) =>
    [name, `${name}.first_moment`, `${name}.second_moment`].map((array) => ({ array, at: `adam.${array}`, shape, length: values.length })),
  );
  const lengths: Lengths = Object.fromEntries(entries.map(({ at, length }) => [at, length]));
  const simd = openSimd({ [GRADIENT]: CHUNK, ...lengths, ...floats }, ints);
  const arrays: Readonly<Record<string, Float32Array>> = simd.floats;
  const state = Object.fromEntries(entries.map(({ array, at, shape }): [string, Tensor] => [array, { shape, values: arrays[at]! }]));
  const names = Object.keys(given);
  const weights = Object.fromEntries(names.map((name) => [name, state[name]!]));
  for (const name of names) weights[name]!.values.set(given[name]!.values);
  const pointerOf = (array: string) => state[array]!.values.byteOffset;
  const pointers = new Map(
    names.map((name) => [
      weights[name]!,
      [pointerOf(name), pointerOf(`${name}.first_moment`), pointerOf(`${name}.second_moment`)] as const,
    ]),
  );
  const chunk = arrays[GRADIENT]!;

  return {
    weights,
    state,
    simd,
    step(weight, gradient, rate) {
      const [values, first, second] = pointers.get(weight)!;
      for (let from = 0; from < gradient.length; from += CHUNK) {
        const part = gradient.subarray(from, from + CHUNK);
        chunk.set(part);
        simd.adamStep(values + 4 * from, first + 4 * from, second + 4 * from, chunk.byteOffset, part.length, rate, 0);
      }
    },
    stepRows(table, { rows, samples, count, gradients }, rate, penalty = 0) {
      const width = table.shape[1]!;
      simd.adamRows(...pointers.get(table)!, width, gradients.byteOffset, rows.byteOffset, samples.byteOffset, count, rate, penalty);
    },
    writeBack: () => names.forEach((name) => given[name]!.values.set(weights[name]!.values)),
  };
}
