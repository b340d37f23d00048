import { sharesOf } from './divergences.ts';

/** Over both samples sorted together: the reference's share below minus the live one's, and how far it is to the next value. */
function* steps(reference: Float64Array, live: Float64Array): Iterable<{ gap: number; width: number }> {
  const [p, q] = [reference.toSorted(), live.toSorted()];
  for (let i = 0, j = 0; i < p.length || j < q.length;) {
    const value = Math.min(p[i] ?? Infinity, q[j] ?? Infinity);
    while (i < p.length && p[i] === value) i += 1;
    while (j < q.length && q[j] === value) j += 1;
    const next = Math.min(p[i] ?? Infinity, q[j] ?? Infinity);
    yield { gap: i / p.length - j / q.length, width: next === Infinity ? 0 : next - value };
  }
}

/** The greatest distance between the two empirical distribution functions, 0 to 1; of two samples of numbers, neither empty. */
export function kolmogorovSmirnov(reference: Float64Array, live: Float64Array): number {
  let greatest = 0;
  for (const { gap } of steps(reference, live)) greatest = Math.max(greatest, Math.abs(gap));
  return greatest;
}

/** Earth mover's distance of order 1, in the unit of the numbers. */
export function wasserstein(reference: Float64Array, live: Float64Array): number {
  let sum = 0;
  for (const { gap, width } of steps(reference, live)) sum += Math.abs(gap) * width;
  return sum;
}

/** Below this a spread is what rounding leaves. */
const LEAST_DEVIATION = 1e-3;

/** In the reference's standard deviations, or thousandths where it has next to none, as Evidently norms it. */
export const normedWasserstein = (reference: Float64Array, live: Float64Array): number =>
  wasserstein(reference, live) / Math.max(LEAST_DEVIATION, meanAndDeviation(reference).deviation);

/** Of all values, not of a sample. */
export function meanAndDeviation(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) squares += (values[at]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** The same two of counts by class, the classes one apart in their order. */
export function compareOrdered(reference: ArrayLike<number>, live: ArrayLike<number>): { ks: number; wasserstein: number } {
  const [p, q] = [sharesOf(reference), sharesOf(live)];
  let [gap, ks, sum, mean, square] = [0, 0, 0, 0, 0];
  for (let at = 0; at < p.length; at += 1) {
    gap += p[at]! - q[at]!;
    ks = Math.max(ks, Math.abs(gap));
    sum += Math.abs(gap);
    mean += p[at]! * at;
    square += p[at]! * at * at;
  }
  return { ks, wasserstein: sum / Math.max(LEAST_DEVIATION, Math.sqrt(Math.max(0, square - mean ** 2))) };
}
