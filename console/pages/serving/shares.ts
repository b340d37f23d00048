/** Shares of a whole, in percent with one digit behind the point. Pure. */

const TENTHS = 1_000;

/** Weights of any size as percent that sum to 100; who has any weight has a tenth at least. By no weight at all each gets the same. */
export const sharesOf = (weights: readonly number[]): readonly number[] => dealt(weights, TENTHS).map((tenths) => tenths / 10);

/**
 * Gives one so much; the others have what is left, as they have it among themselves.
 * @param before by which they share where they have nothing now
 */
export function moveShare(shares: readonly number[], at: number, wanted: number, before: readonly number[] = shares): readonly number[] {
  if (shares.length < 2) return shares.map(() => 100);
  const own = Math.min(TENTHS, Math.max(0, Math.round(wanted * 10)));
  const others = (of: readonly number[]) => of.filter((_, other) => other !== at);
  const weights = others(shares).some((share) => share > 0) ? others(shares) : others(before);
  const rest = dealt(weights, TENTHS - own);
  return [...rest.slice(0, at), own, ...rest.slice(at)].map((tenths) => tenths / 10);
}

/** A whole in whole numbers that sum to it: what rounding leaves over goes where most was cut off, and what is too much comes from whoever has most. */
function dealt(weights: readonly number[], whole: number): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (sum === 0 ? whole / weights.length : (whole * weight) / sum));
  const parts = exact.map((part, at) => (weights[at]! > 0 ? Math.max(1, Math.floor(part)) : Math.floor(part)));
  let left = whole - parts.reduce((total, part) => total + part, 0);
  const byLoss = exact.map((part, at) => ({ at, lost: part - parts[at]! })).sort((a, b) => b.lost - a.lost);
  for (const { at } of byLoss.slice(0, Math.max(0, left))) parts[at]! += 1;
  for (; left < 0; left += 1) parts[parts.indexOf(Math.max(...parts))]! -= 1;
  return parts;
}
