import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
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

// What users did, ratings and events alike, in the order in which they did it.
const WATCH_LOG = `
  select user_id, movie_id, interaction_type, rating, to_char(watched_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as watched_at
  from (
    select user_id, movie_id, 'rating' as interaction_type, rating, rated_at as watched_at from ratings
    union all
    select user_id, movie_id, interaction_type, rating, occurred_at from interactions
  ) log
  order by user_id, log.watched_at, movie_id, interaction_type`;

/** Writes the watch log as CSV: user_id, movie_id, interaction_type, rating (empty where none was given), watched_at (UTC). @returns its rows */
export async function writeWatchLog(pool: Pool, file: string, signal: AbortSignal): Promise<number> {
  const connection = await pool.connect();
  try {
    const rows = connection.query(copyTo(`copy (${WATCH_LOG}) to stdout (format csv, header)`));
    await replaceFile(file, (aside) => pipeline(rows, createWriteStream(aside), { signal }));
    connection.release();
    return rows.rowCount;
  } catch (error) {
    connection.release(error as Error); // in the middle of a copy: of no further use
    throw error;
  }
}
