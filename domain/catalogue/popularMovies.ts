import { writeFile } from 'node:fs/promises';
import type { Pool } from '../../platform/postgres.ts';
import { replaceFile } from '../../platform/replaceFile.ts';

const POPULAR_MOVIES = 500;

/**
 * Writes the most rated movies as `{source, movies: [{movie_id, title, release_year, genres, rating_count, rating_mean}]}`, most rated first.
 * The same database gives the same bytes.
 */
export async function writePopularMovies(pool: Pool, source: string, file: string): Promise<number> {
  const { rows } = await pool.query(
    `select m.movie_id::text, m.title, m.release_year, m.genres, count(*) as rating_count, round(avg(r.rating)::numeric, 3)::float8 as rating_mean
     from movies m join ratings r using (movie_id)
     group by m.movie_id order by count(*) desc, m.movie_id limit $1`,
    [POPULAR_MOVIES],
  );
  await replaceFile(file, (aside) => writeFile(aside, `${JSON.stringify({ source, movies: rows }, null, 2)}\n`));
  return rows.length;
}
