import { TMDB_ATTRIBUTION, TMDB_MAX_AGE_DAYS } from '../../contracts/tmdb.ts';
import type { TmdbDisplay } from '../../contracts/movies.ts';
import type { Database } from '../../platform/postgres.ts';

/** Where TMDB's posters lie, in the width that its own page shows. */
export const POSTER = 'https://image.tmdb.org/t/p/w500';
const BACKDROP = 'https://image.tmdb.org/t/p/w1280';

/** What TMDB says of a catalogue movie, to show; null where it said nothing, or said it too long ago. */
export async function readTmdbDisplay(db: Database, movieId: number): Promise<TmdbDisplay | null> {
  const { rows } = await db.query<Omit<TmdbDisplay, 'attribution'>>(DISPLAY, [movieId, TMDB_MAX_AGE_DAYS, POSTER, BACKDROP]);
  return rows[0] ? { ...rows[0], attribution: TMDB_ATTRIBUTION } : null;
}

const DISPLAY = `
  select t.tmdb_id::text, t.title, t.original_title, t.original_language, t.overview, d.tagline, to_char(t.release_date, 'YYYY-MM-DD') as release_date,
    array(select name from tmdb_genres g where g.genre_id = any(t.genre_ids) order by name) as genres,
    d.runtime_minutes, t.popularity, t.vote_average, t.vote_count, $3 || t.poster_path as poster_url, $4 || t.backdrop_path as backdrop_url,
    coalesce(d.directors, '{}') as directors, coalesce(d.actors, '[]') as actors, coalesce(d.keywords, '{}') as keywords,
    to_char(t.fetched_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as fetched_at
  from movie_external_ids x
  join tmdb_movies t on t.tmdb_id::text = x.external_id
  left join tmdb_details d on d.tmdb_id = t.tmdb_id and d.fetched_at > now() - make_interval(days => $2)
  where x.source = 'tmdb' and x.movie_id = $1 and t.fetched_at > now() - make_interval(days => $2)
  order by t.fetched_at desc limit 1`;
