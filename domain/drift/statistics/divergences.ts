/** How far two samples over the same bins lie apart. All take counts, or weights, by bin; natural logarithms. */

export function sharesOf(counts: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(counts);
  const total = shares.reduce((sum, count) => sum + count, 0);
  return total === 0 ? shares : shares.map((count) => count / total);
}

/** What an empty bin is taken to hold where its share is divided by, as in Evidently; of a sample with as small shares, a millionth of the smallest. */
const EMPTY_SHARE = 1e-4;

function filledShares(counts: ArrayLike<number>): Float64Array {
  const shares = sharesOf(counts);
  const least = shares.reduce((low, share) => (share > 0 && share < low ? share : low), 1);
  const filling = least <= EMPTY_SHARE ? least / 1e6 : EMPTY_SHARE;
  return shares.map((share) => (share === 0 ? filling : share));
}

/** Population stability index: 0 where the shares are the same, unbounded. By the convention of credit scoring .1 is moderate, .25 large. */
export function psi(reference: ArrayLike<number>, live: ArrayLike<number>): number {
  const [p, q] = [filledShares(reference), filledShares(live)];
  return p.reduce((sum, share, bin) => sum + (share - q[bin]!) * Math.log(share / q[bin]!), 0);
}

/** Kullback–Leibler divergence of the live sample from the reference, in nats. */
export const kullbackLeibler = (reference: ArrayLike<number>, live: ArrayLike<number>): number =>
  divergence(sharesOf(filledShares(reference)), sharesOf(filledShares(live)));

/** Σ p ln(p / q), where q is above 0 wherever p is. */
const divergence = (p: Float64Array, q: Float64Array) =>
  p.reduce((sum, share, bin) => sum + (share === 0 ? 0 : share * Math.log(share / q[bin]!)), 0);

/** Jensen–Shannon distance: the root of the divergence, in nats; 0 to √ln 2 = 0.8326. */
export function jensenShannon(reference: ArrayLike<number>, live: ArrayLike<number>): number {
  const [p, q] = [sharesOf(reference), sharesOf(live)];
  const middle = p.map((share, bin) => (share + q[bin]!) / 2);
  return Math.sqrt(Math.max(0, (divergence(p, middle) + divergence(q, middle)) / 2));
}

/** Hellinger distance, 0 to 1. */
export function hellinger(reference: ArrayLike<number>, live: ArrayLike<number>): number {
  const [p, q] = [sharesOf(reference), sharesOf(live)];
  return Math.sqrt(p.reduce((sum, share, bin) => sum + (Math.sqrt(share) - Math.sqrt(q[bin]!)) ** 2, 0) / 2);
}

/**
 * Cohen's h, by which two shares differ: the same for a share that doubles from .1 as for one that goes from .4 to .57. Positive where the live one is larger;
 * .2 is small, .5 medium (Cohen 1988, chapter 6).
 */
export const cohensH = (reference: number, live: number): number => 2 * (Math.asin(Math.sqrt(live)) - Math.asin(Math.sqrt(reference)));
