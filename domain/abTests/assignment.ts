import { createHash } from 'node:crypto';
import { invalid } from '../../contracts/failures.ts';

export interface WeightedVariant {
  readonly name: string;
  /** Share of the users among the weights' sum; 0: nobody. */
  readonly weight: number;
}

/**
 * The share of users that each variant gets, in the given order; they sum to 1. It is also the propensity of a user's assignment.
 * @throws Failure `invalid` where a weight is no finite number of 0 or more, or none is above 0
 */
export function propensities(variants: readonly WeightedVariant[]): number[] {
  const total = totalWeight(variants);
  return variants.map(({ weight }) => weight / total);
}

/**
 * The variant that a user has, the same on every process and day: variants lie beside one another on [0, 1) in the given order, each as wide as its share,
 * and a hash of the user falls on one (Kohavi, Longbotham, Sommerfield and Henne 2009, section 4.1). What the last variant gains at its neighbour's cost moves
 * just the users that it gains; where several give, those between them move too.
 * @param key  the user
 * @param salt the test; tests with different salts split users independently of one another
 * @throws Failure `invalid` as `propensities` does
 */
export function assignVariant<Variant extends WeightedVariant>(variants: readonly Variant[], key: string, salt: string): Variant {
  const point = hashPoint(key, salt) * totalWeight(variants);
  let upTo = 0;
  const found = variants.find(({ weight }) => point < (upTo += weight));
  return found ?? variants.findLast(({ weight }) => weight > 0)!; // a sum's last digit may leave a gap at the end
}

/** Uniform on [0, 1): the first 48 bits of the hash, which a float holds. */
const hashPoint = (key: string, salt: string): number => createHash('sha256').update(`${salt}\0${key}`).digest().readUIntBE(0, 6) / 2 ** 48;

function totalWeight(variants: readonly WeightedVariant[]): number {
  const wrong = variants.find(({ weight }) => !(Number.isFinite(weight) && weight >= 0));
  if (wrong) throw invalid('weight', `of variant ${wrong.name} is ${wrong.weight}; it has to be a finite number of 0 or more`);
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  if (total > 0 && Number.isFinite(total)) return total;
  throw invalid('weight', `of ${variants.length} variants sum to ${total}; at least one has to be above 0, and the sum finite`);
}
