import type { Database } from '../../platform/postgres.ts';

export interface MovieTitle {
  readonly movie_id: string;
  readonly title: string;
  readonly genres: string[];
  readonly release_year: number | null;
}

/** Titles by movie id; an id that the catalogue lacks is not in the map. */
export async function titlesOf(db: Database, movieIds: readonly string[]): Promise<Map<string, MovieTitle>> {
  const { rows } = await db.query<MovieTitle>(
    'select movie_id::text, title, genres, release_year from movies where movie_id = any($1::int[])',
    [movieIds],
  );
  return new Map(rows.map((movie) => [movie.movie_id, movie]));
}
