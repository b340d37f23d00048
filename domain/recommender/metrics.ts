/**
 * Place of one movie among its rivals, 0 the best. Equal scores rank before it: a model that cannot tell movies apart must not
 * gain by it. NaN ranks last.
 * @param scores one a movie
 */
export function rankAgainst(scores: Float32Array, movie: number, rivals: Int32Array): number {
  const own = scores[movie]!;
  if (Number.isNaN(own)) return rivals.length;
  let rank = 0;
  for (const rival of rivals) if (scores[rival]! >= own) rank += 1;
  return rank;
}

// Ranking metrics of one user. `ranks` are the places of what is relevant to them, 0 the best, in ascending order.

/** 1 where anything relevant is among the first k, else 0. */
export const hitRateAt = (k: number, ranks: readonly number[]): number => (ranks.some((rank) => rank < k) ? 1 : 0);

/** Share of what is relevant that is among the first k. */
export const recallAt = (k: number, ranks: readonly number[]): number => ranks.filter((rank) => rank < k).length / ranks.length;

/** Discounted cumulative gain with binary relevance, as a share of the best one possible (Järvelin and Kekäläinen 2002). */
export function ndcgAt(k: number, ranks: readonly number[]): number {
  const gain = (places: readonly number[]) => places.reduce((sum, rank) => (rank < k ? sum + 1 / Math.log2(rank + 2) : sum), 0);
  return gain(ranks) / gain(ranks.map((_, place) => place));
}

/** Root of the mean squared difference. */
export const rmse = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  Math.sqrt(meanOver(actual.length, (i) => (predicted[i]! - actual[i]!) ** 2));

/** Mean absolute difference. */
export const mae = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  meanOver(actual.length, (i) => Math.abs(predicted[i]! - actual[i]!));

/** Share of predictions that are exactly right. */
export const accuracy = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  meanOver(actual.length, (i) => (predicted[i] === actual[i] ? 1 : 0));

/** NaN where there is nothing to average. */
export function meanOver(length: number, of: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) sum += of(index);
  return sum / length;
}
