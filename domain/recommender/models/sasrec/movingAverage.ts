import type { Adam } from '../../learning/adam.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import type { Lengths } from '../../numeric/simd/simd.ts';

/** Of an average that a step keeps: it is over some 500 steps. */
const KEPT = 0.998;
const nameOf = (weight: string) => `average.${weight}`;

/** What the average needs of the optimiser's memory. */
export const averageLengths = (given: Tensors): Lengths =>
  Object.fromEntries(Object.entries(given).map(([name, { values }]) => [nameOf(name), values.length]));

/**
 * A moving average of the weights over the last steps, without the noise that single batches leave in them (Kingma and Ba 2014, arXiv:1412.6980,
 * section 7.2; Polyak and Juditsky 1992, doi:10.1137/0330046): it ranks better than any one step's weights.
 * @param adam with `averageLengths` in its memory
 */
export function createMovingAverage({ weights, simd }: Adam<Lengths, Lengths>) {
  const averages: Tensors = Object.fromEntries(
    Object.entries(weights).map(([name, { shape }]) => [name, { shape, values: simd.floats[nameOf(name)]! }]),
  );
  return {
    /** By the names of the weights, live. */
    weights: averages,
    copy: (): Tensors =>
      Object.fromEntries(Object.entries(averages).map(([name, { shape, values }]) => [name, { shape, values: values.slice() }])),
    /** What a checkpoint keeps, live. */
    state: Object.fromEntries(Object.entries(averages).map(([name, tensor]) => [nameOf(name), tensor])),
    /** @param step 1 for the first, which the average is then equal to */
    update(step: number): void {
      const share = (1 - KEPT) / (1 - KEPT ** step);
      for (const [name, { values }] of Object.entries(averages))
        simd.moveAverage(values.byteOffset, weights[name]!.values.byteOffset, values.length, share);
    },
  };
}
