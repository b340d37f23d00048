import type { Database } from '../../platform/postgres.ts';
import type { ListedMovie } from './answers.ts';

/** Until the transaction ends, nobody else gives catalogue ids to TMDB's titles or takes them away. */
export const lockTmdbTitles = (db: Database) => db.query("select pg_advisory_xact_lock(hashtext('tmdb titles'))");

/** Keeps what TMDB says of movies, the newer word where there are two. @returns rows that were new or newer */
export async function writeTmdbMovies(db: Database, movies: readonly (ListedMovie & { fetched_at: string })[]): Promise<number> {
  const { rowCount } = await db.query(UPSERT_MOVIES, [JSON.stringify(movies)]);
  return rowCount ?? 0;
}

/**
 * Gives a catalogue id to each movie that no link names: a title that TMDB alone knows.
 * @param tmdbIds in the order in which ids are given
 * @returns how many were given
 */
export async function giveCatalogueIds(db: Database, tmdbIds: readonly number[]): Promise<number> {
  const { rowCount } = await db.query(ADD_TITLES, [tmdbIds]);
  return rowCount ?? 0;
}

const COLUMNS = [
  ...['title', 'original_title', 'original_language', 'overview', 'release_date', 'genre_ids', 'poster_path', 'backdrop_path'],
  ...['popularity', 'vote_average', 'vote_count', 'fetched_at'],
];

const UPSERT_MOVIES = `
  insert into tmdb_movies as m (tmdb_id, ${COLUMNS.join(', ')})
  select id, ${COLUMNS.join(', ')} from jsonb_to_recordset($1::jsonb) as given (
    id integer, title text, original_title text, original_language text, overview text, release_date date, genre_ids integer[],
    poster_path text, backdrop_path text, popularity float8, vote_average float8, vote_count integer, fetched_at timestamptz)
  on conflict (tmdb_id) do update set ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}
    where excluded.fetched_at > m.fetched_at`;

const ADD_TITLES = `
  with newcomers as (
    select tmdb_id, nextval('tmdb_movie_ids')::integer as movie_id
    from (
      select tmdb_id from unnest($1::integer[]) with ordinality as given (tmdb_id, place)
      where not exists (select from movie_external_ids x where x.source = 'tmdb' and x.external_id = tmdb_id::text)
      order by place
    ) unknown
  ), added as (
    insert into movies (movie_id, title, source) select movie_id, 'Movie ' || movie_id, 'tmdb' from newcomers
  )
  insert into movie_external_ids (source, external_id, movie_id) select 'tmdb', tmdb_id::text, movie_id from newcomers`;
