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

/**
 * Places of several movies among candidates that they are part of, 0 the best, ascending: with equal scores the other candidates stand before them,
 * and they stand one after the other. NaN ranks last. One pass over the candidates, whatever the number of movies.
 * @param scores one a movie
 */
export function ranksAmong(scores: Float32Array, movies: Int32Array, candidates: Int32Array): Int32Array {
  // Best first; NaN sorts behind every number.
  const own = Float32Array.from(movies, (movie) => -scores[movie]!)
    .sort()
    .map((score) => -score);
  const firstNaN = own.findIndex(Number.isNaN);
  const measured = firstNaN === -1 ? own.length : firstNaN;
  const notBehind = new Int32Array(own.length);
  for (const candidate of candidates) {
    const score = scores[candidate]!;
    let place = measured;
    while (place > 0 && own[place - 1]! <= score) place -= 1;
    if (place < measured) notBehind[place]! += 1;
  }
  for (let place = 1; place < measured; place += 1) notBehind[place]! += notBehind[place - 1]!;
  const ranks = Int32Array.from(own.keys(), (place) => candidates.length - own.length + place);
  for (let place = measured - 1, ownNotBehind = measured; place >= 0; place -= 1) {
    if (own[place] !== own[place + 1]) ownNotBehind = place + 1;
    ranks[place] = notBehind[place]! - ownNotBehind + place;
  }
  return ranks;
}

// Ranking metrics of one user. `ranks` are the places of what is relevant to them, 0 the best, in ascending order.

type Ranks = Int32Array | readonly number[];

/** 1 where anything relevant is among the first k, else 0. */
export const hitRateAt = (k: number, ranks: Ranks): number => (ranks[0]! < k ? 1 : 0);

/** Share of what is relevant that is among the first k. */
export const recallAt = (k: number, ranks: Ranks): number => ranks.filter((rank) => rank < k).length / ranks.length;

/** 1 over the place, counted from 1, of the best that is relevant; 0 where it is not among the first k. */
export const reciprocalRankAt = (k: number, ranks: Ranks): number => (ranks[0]! < k ? 1 / (ranks[0]! + 1) : 0);

/** Discounted cumulative gain with binary relevance, as a share of the best one possible (Järvelin and Kekäläinen 2002). */
export function ndcgAt(k: number, ranks: Ranks): number {
  let gain = 0;
  let best = 0;
  ranks.forEach((rank, place) => {
    if (rank < k) gain += discount(rank);
    if (place < k) best += discount(place);
  });
  return gain / best;
}

const discount = (place: number) => 1 / Math.log2(place + 2);
