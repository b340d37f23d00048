/** Shares of a whole, in whole percent. Pure. */

const WHOLE = 100;

/**
 * Deals out a whole by weights of any size, in whole numbers that sum to it: what rounding leaves over goes where most was cut off. By no weight at all
 * each gets the same.
 */
export function sharesOf(weights: readonly number[], whole = WHOLE): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (sum === 0 ? whole / weights.length : (whole * weight) / sum));
  const shares = exact.map(Math.floor);
  const left = whole - shares.reduce((total, share) => total + share, 0);
  const byLoss = exact.map((share, at) => ({ at, lost: share - shares[at]! })).sort((a, b) => b.lost - a.lost);
  for (const { at } of byLoss.slice(0, left)) shares[at]! += 1;
  return shares;
}

/** Gives one so much; the others have what is left, as they had it among themselves. */
export function moveShare(shares: readonly number[], at: number, wanted: number): readonly number[] {
  if (shares.length < 2) return shares.map(() => WHOLE);
  const own = Math.min(WHOLE, Math.max(0, Math.round(wanted)));
  const others = sharesOf(
    shares.filter((_, other) => other !== at),
    WHOLE - own,
  );
  return [...others.slice(0, at), own, ...others.slice(at)];
}
