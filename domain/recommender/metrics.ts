/**
 * Place of one score among others, 0 the best. Equal scores count as better than it: a model that cannot tell movies apart
 * must not gain by it. NaN counts as the lowest score.
 * @param at position of the one
 */
export function rankAgainst(scores: Float32Array, at: number, others: Int32Array): number {
  const own = scores[at]!;
  if (Number.isNaN(own)) return others.length;
  let better = 0;
  for (const other of others) if (scores[other]! >= own) better += 1;
  return better;
}

/** Hit rate: 1 where the one held-out movie is among the first k, else 0. */
export const hitRateAt = (k: number, rank: number): number => (rank < k ? 1 : 0);

/**
 * NDCG with a single relevant movie: 1 / log2(rank + 2) where it is among the first k, else 0.
 * @param rank 0 the best
 */
export const ndcgAt = (k: number, rank: number): number => (rank < k ? 1 / Math.log2(rank + 2) : 0);

/** Root of the mean squared difference. */
export function rmse(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return Math.sqrt(meanOver(actual.length, (i) => (predicted[i]! - actual[i]!) ** 2));
}

/** Mean absolute difference. */
export function mae(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return meanOver(actual.length, (i) => Math.abs(predicted[i]! - actual[i]!));
}

/** Share of predictions that are exactly right. */
export function accuracy(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return meanOver(actual.length, (i) => (predicted[i] === actual[i] ? 1 : 0));
}

/** NaN where there is nothing to average. */
export function meanOver(length: number, of: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) sum += of(index);
  return sum / length;
}
