import { chiSquaredTail } from '../../abTests/specialFunctions.ts';

/** Up to so many rows in the larger sample the exact distribution is counted out, as SciPy's `ks_2samp` does. */
const EXACT_UP_TO = 10_000;

/**
 * How probable a distance of `ks` or more is between two samples of one continuous distribution. Exact up to 10,000 rows each (the recursion of Kim and
 * Jennrich 1973, from the tail, so that small values keep their digits), Kolmogorov's limit beyond. Of values that are tied it is too large, never too small.
 */
export function kolmogorovSmirnovP(ks: number, referenceRows: number, liveRows: number): number {
  if (Math.max(referenceRows, liveRows) > EXACT_UP_TO)
    return limitTail(ks * Math.sqrt((referenceRows * liveRows) / (referenceRows + liveRows)));
  return exactTail(ks, referenceRows, liveRows);
}

/** The probability that a path from (0, 0) to (rows, columns) leaves the band of less than `ks` around the diagonal. */
function exactTail(ks: number, rows: number, columns: number): number {
  const bound = (Math.floor(ks * rows * columns + 1e-7) - 0.5) / (rows * columns);
  const outside = new Float64Array(columns + 1);
  for (let column = 0; column <= columns; column += 1) outside[column] = column / columns > bound ? 1 : 0;
  for (let row = 1; row <= rows; row += 1) {
    if (row / rows > bound) outside[0] = 1;
    for (let column = 1; column <= columns; column += 1) {
      const isOut = Math.abs(row / rows - column / columns) > bound;
      outside[column] = isOut ? 1 : (row * outside[column]! + column * outside[column - 1]!) / (row + column);
    }
  }
  return outside[columns]!;
}

/** 2 Σ (-1)^(k-1) exp(-2 k² x²); below x = 0.2 it is 1 to twelve digits, and the series slow. */
function limitTail(x: number): number {
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1, term = 1; Math.abs(term) > 1e-16; k += 1) sum += term = (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, sum));
}

export interface ChiSquared {
  readonly statistic: number;
  readonly p: number;
}

/**
 * Pearson's test of whether the live counts fall as the reference's shares say, which are taken as known, as in Evidently. Classes that the reference lacks are
 * expected to hold nothing, and one row there is proof.
 */
export function chiSquaredOfFit(reference: ArrayLike<number>, live: ArrayLike<number>): ChiSquared {
  const [inReference, inLive] = [sum(reference), sum(live)];
  let [statistic, classes] = [0, 0];
  for (let at = 0; at < reference.length; at += 1) {
    const expected = (reference[at]! / inReference) * inLive;
    if (expected === 0 && live[at] === 0) continue;
    classes += 1;
    statistic += expected === 0 ? Infinity : (live[at]! - expected) ** 2 / expected;
  }
  if (classes < 2) return { statistic: 0, p: 1 };
  return { statistic, p: statistic === Infinity ? 0 : chiSquaredTail(statistic, classes - 1) };
}

/**
 * How probable `count` or more of `trials` are where each comes with probability `share`; from 1 down to the least float.
 * Summed from the largest term, which is the first one at or above the mean.
 */
export function binomialTail(count: number, trials: number, share: number): number {
  if (count <= 0) return 1;
  if (share <= 0 || count > trials) return 0;
  if (share >= 1) return 1;
  let term = Math.exp(logChoose(trials, count) + count * Math.log(share) + (trials - count) * Math.log1p(-share));
  let tail = 0;
  for (let k = count; k <= trials && (term > tail * Number.EPSILON || k < trials * share); k += 1) {
    tail += term;
    term *= (((trials - k) / (k + 1)) * share) / (1 - share);
  }
  return Math.min(1, tail);
}

function logChoose(n: number, k: number): number {
  let log = 0;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) log += Math.log((n - i + 1) / i);
  return log;
}

const sum = (counts: ArrayLike<number>) => Array.from(counts).reduce((total, count) => total + count, 0);

/** Holm's correction of several p-values (1979): the chance of any false alarm stays below the level that each is held to, however they depend on one another. */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let least = 0;
  [...ps.keys()]
    .sort((a, b) => ps[a]! - ps[b]!)
    .forEach((at, rank) => (adjusted[at] = least = Math.min(1, Math.max(least, (ps.length - rank) * ps[at]!))));
  return adjusted;
}

/** The probability that a standard normal variable is at least `z`. */
export const normalTail = (z: number): number => (z >= 0 ? chiSquaredTail(z * z, 1) / 2 : 1 - chiSquaredTail(z * z, 1) / 2);
