import type { MovieTable } from './snapshot.ts';

/** Which movie has which genre: movies × genres, 1 or 0; genres in the order of their names. */
export interface GenreMatrix {
  readonly names: readonly string[];
  readonly values: Float32Array;
}

export function createGenreMatrix({ vocabulary, genres }: MovieTable): GenreMatrix {
  const names = [...new Set(genres.flat())].sort();
  const positions = new Map(names.map((name, index) => [name, index]));
  const values = new Float32Array(vocabulary.size * names.length);
  genres.forEach((of, movie) => of.forEach((name) => (values[movie * names.length + positions.get(name)!] = 1)));
  return { names, values };
}
