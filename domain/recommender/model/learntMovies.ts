import type { Interactions } from '../data/interactions.ts';

/** The movies that a model learns from what users chose; the others are cold. */
export interface LearntMovies {
  /** Positions in the vocabulary, ascending. */
  readonly movies: Int32Array;
  /** Where a movie of the vocabulary stands among them, -1 where it does not. */
  readonly columns: Int32Array;
}

/** The movies that were chosen at all, or the most chosen `most` of them; of equally chosen ones those that come first. */
export function chooseLearntMovies({ movies, movieIndex }: Interactions, most: number): LearntMovies {
  const counts = new Int32Array(movies.size);
  for (const movie of movieIndex) counts[movie]! += 1;
  const chosen = Int32Array.from(counts.keys()).filter((movie) => counts[movie]! > 0);
  return learntMovies(movies.size, chosen.sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, most));
}

/** @param learnt positions in the vocabulary, in any order */
export function learntMovies(vocabularySize: number, learnt: ArrayLike<number>): LearntMovies {
  const movies = Int32Array.from(learnt).sort();
  const columns = new Int32Array(vocabularySize).fill(-1);
  movies.forEach((movie, column) => (columns[movie] = column));
  return { movies, columns };
}
