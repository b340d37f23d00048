/** A movie with its score, as servers answer it. */
export interface Recommended {
  readonly movie_id: string;
  readonly score: number;
}

/** Sums of float32 in another order differ by so much, as a share of the score. */
const ROUNDING = 1e-4;

/**
 * Whether two servers recommend the same: the same movie at each place, or another one of the same score but for rounding.
 * @returns what differs first, undefined where nothing does
 */
export function firstDifference(one: readonly Recommended[], other: readonly Recommended[]): string | undefined {
  if (one.length !== other.length) return `${one.length} movies and ${other.length}`;
  for (const [place, { movie_id, score }] of one.entries()) {
    const { movie_id: otherId, score: otherScore } = other[place]!;
    const isNear = Math.abs(score - otherScore) <= ROUNDING * Math.max(1, Math.abs(score));
    if (!isNear) return `place ${place + 1}: movie ${movie_id} with ${score}, and ${otherId} with ${otherScore}`;
  }
  return undefined;
}
