import { createHash } from 'node:crypto';
import type { ScoredMovie } from '../recommender/model/model.ts';

/** Scores on a scale of their own, 1 for the best of them and 0 for the worst: kinds of model score on scales of theirs. */
function relevanceOf(movies: readonly ScoredMovie[]): number[] {
  const [highest = 0, lowest = 0] = [movies[0]?.score, movies.at(-1)?.score];
  return movies.map(({ score }) => (highest > lowest ? (score - lowest) / (highest - lowest) : 1));
}

/**
 * The k movies that are good and unlike one another: maximal marginal relevance (Carbonell and Goldstein 1998), likeness by the share of genres
 * that two movies have in common (Jaccard).
 * @param movies best first
 * @param diversity from 0, by score alone, to 1, as unlike those chosen before as can be
 */
export function diversify(
  movies: readonly ScoredMovie[],
  { k, diversity, genresOf }: { k: number; diversity: number; genresOf: (movieId: string) => readonly string[] },
): ScoredMovie[] {
  if (diversity === 0) return movies.slice(0, k);
  const relevance = relevanceOf(movies);
  const genres = movies.map(({ movieId }) => genresOf(movieId));
  /** To the most like of those that were chosen. */
  const likeness = new Float64Array(movies.length);
  const left = new Set(movies.keys());
  const chosen: ScoredMovie[] = [];
  while (chosen.length < k && left.size > 0) {
    let best = -1;
    let most = -Infinity;
    for (const at of left) {
      const worth = (1 - diversity) * relevance[at]! - diversity * likeness[at]!;
      if (worth > most) [best, most] = [at, worth];
    }
    left.delete(best);
    chosen.push(movies[best]!);
    for (const at of left) likeness[at] = Math.max(likeness[at]!, jaccard(genres[best]!, genres[at]!));
  }
  return chosen;
}

function jaccard(a: readonly string[], b: readonly string[]): number {
  const common = a.filter((genre) => b.includes(genre)).length;
  return common === 0 ? 0 : common / (a.length + b.length - common);
}

/** At exploration 1 the worst candidate is drawn e times less often than the best. */
const SHARPNESS = 1;

/**
 * Draws k movies without putting them back, better ones more often (Plackett-Luce, by Gumbel noise: Kool, van Hoof and Welling 2019, "Stochastic
 * Beams and Where to Find Them"). The noise is made from the key, so that the same key draws the same movies.
 * @param movies best first
 * @param exploration above 0, up to 1
 * @returns the movies as drawn, with how likely each was drawn there, those before it given
 */
export function explore(
  movies: readonly ScoredMovie[],
  { k, exploration, key }: { k: number; exploration: number; key: string },
): { movies: ScoredMovie[]; propensities: number[] } {
  const worth = relevanceOf(movies).map((relevance) => (relevance * SHARPNESS) / exploration ** 2);
  const drawn = movies
    .map((movie, at) => ({ movie, weight: Math.exp(worth[at]! - worth[0]!), noisy: worth[at]! + gumbel(`${key}\0${movie.movieId}`) }))
    .sort((a, b) => b.noisy - a.noisy);
  let left = drawn.reduce((sum, { weight }) => sum + weight, 0);
  const propensities = drawn.slice(0, k).map(({ weight }) => {
    const propensity = Math.min(1, weight / left);
    left -= weight;
    return propensity;
  });
  return { movies: drawn.slice(0, k).map(({ movie }) => movie), propensities };
}

const BYTES = 6;
/** Standard Gumbel noise of a key. */
function gumbel(key: string): number {
  const uniform = (createHash('sha256').update(key).digest().readUIntBE(0, BYTES) + 0.5) / 256 ** BYTES;
  return -Math.log(-Math.log(uniform));
}

/**
 * Puts movies where they are pinned, each once.
 * @param pins by position, from 1
 */
export function pin<Movie extends ScoredMovie>(
  movies: readonly Movie[],
  pins: readonly { readonly movie: Movie; readonly position: number }[],
  k: number,
): Movie[] {
  const pinned = new Set(pins.map(({ movie }) => movie.movieId));
  const arranged = movies.filter(({ movieId }) => !pinned.has(movieId));
  for (const { movie, position } of pins) arranged.splice(position - 1, 0, movie);
  return arranged.slice(0, k);
}
