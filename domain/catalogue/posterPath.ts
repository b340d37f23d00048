import { TMDB_MAX_AGE_DAYS } from '../../contracts/tmdb.ts';
import type { Database } from '../../platform/postgres.ts';

/** The path of a movie's poster at TMDB; null where TMDB said none, or said it too long ago. */
export async function readPosterPath(db: Database, movieId: string): Promise<string | null> {
  const { rows } = await db.query<{ poster_path: string }>(
    `select t.poster_path from movie_external_ids x join tmdb_movies t on t.tmdb_id::text = x.external_id
     where x.source = 'tmdb' and x.movie_id = $1::int and t.poster_path is not null and t.fetched_at > now() - make_interval(days => $2)
       and not exists (select from gone_movies g where g.movie_id = x.movie_id)
     order by t.fetched_at desc limit 1`,
    [movieId, TMDB_MAX_AGE_DAYS],
  );
  return rows[0]?.poster_path ?? null;
}
