import type { Movie } from '../../contracts/movies.ts';
import { TMDB_MAX_AGE_DAYS } from '../../contracts/tmdb.ts';
import type { Database } from '../../platform/postgres.ts';
import { POSTER, readTmdbDisplay } from './displayMovie.ts';

export interface MovieTitle {
  readonly movie_id: string;
  readonly title: string;
  readonly genres: string[];
  readonly release_year: number | null;
  /** Where TMDB has one */
  readonly poster_url: string | null;
  /** Of an own movie: `source:external_id` */
  readonly own_id?: string;
}

/** Titles by movie id; an id that the catalogue lacks is not in the map. `fromTmdb`: whether TMDB said one of them, so that its notice is due. */
export async function titlesOf(db: Database, movieIds: readonly string[]): Promise<{ titles: Map<string, MovieTitle>; fromTmdb: boolean }> {
  const { rows } = await db.query<Omit<MovieTitle, 'own_id'> & { from_tmdb: boolean; own_id: string | null }>(TITLES, [
    movieIds,
    TMDB_MAX_AGE_DAYS,
    POSTER,
  ]);
  const titles = rows.map(
    ({ from_tmdb: _, own_id, ...movie }) => [movie.movie_id, { ...movie, ...(own_id !== null && { own_id }) }] as const,
  );
  return { titles: new Map(titles), fromTmdb: rows.some(({ from_tmdb }) => from_tmdb) };
}

/** A movie of the catalogue with what TMDB says of it. @returns undefined where the catalogue has no such id */
export async function readMovie(db: Database, movieId: string): Promise<Movie | undefined> {
  const { rows } = await db.query<Omit<Movie, 'tmdb' | 'own_id'> & { own_id: string | null }>(MOVIE, [movieId]);
  if (!rows[0]) return undefined;
  const { own_id, ...movie } = rows[0];
  const tmdb = await readTmdbDisplay(db, Number(movieId));
  const shown = movie.source === 'tmdb' && tmdb ? { title: tmdb.title, genres: tmdb.genres, release_year: yearOf(tmdb.release_date) } : {};
  return { ...movie, ...(own_id !== null && { own_id }), ...shown, tmdb };
}

const yearOf = (date: string | null) => (date === null ? null : Number(date.slice(0, 4)));

// Of a title that TMDB alone knows the catalogue has no more than the id.
const TITLES = `
  select m.movie_id::text, coalesce(t.title, m.title) as title,
    case when t.tmdb_id is null then m.genres
      else array(select name from tmdb_genres g where g.genre_id = any(t.genre_ids) order by name) end as genres,
    coalesce(extract(year from t.release_date)::integer, m.release_year) as release_year, (t.tmdb_id is not null or p.poster_url is not null) as from_tmdb,
    o.source || ':' || o.external_id as own_id, p.poster_url
  from movies m
  left join movie_external_ids x on m.source = 'tmdb' and x.source = 'tmdb' and x.movie_id = m.movie_id
  left join tmdb_movies t on t.tmdb_id::text = x.external_id and t.fetched_at > now() - make_interval(days => $2)
  left join lateral (
    select $3 || p.poster_path as poster_url from movie_external_ids px
    join tmdb_movies p on p.tmdb_id::text = px.external_id and p.fetched_at > now() - make_interval(days => $2)
    where px.source = 'tmdb' and px.movie_id = m.movie_id and p.poster_path is not null order by p.fetched_at desc limit 1
  ) p on true
  left join own_movie_ids o on o.movie_id = m.movie_id
  where m.movie_id = any($1::int[]) and not exists (select from gone_movies g where g.movie_id = m.movie_id)`;

const MOVIE = `
  select m.movie_id::text, m.title, m.release_year, m.genres, m.source, m.attributes,
    (select o.source || ':' || o.external_id from own_movie_ids o where o.movie_id = m.movie_id) as own_id,
    coalesce(jsonb_object_agg(x.source, x.external_id) filter (where x.source is not null), '{}') as external_ids
  from movies m left join movie_external_ids x using (movie_id)
  where m.movie_id = $1 and not exists (select from gone_movies g where g.movie_id = m.movie_id) group by m.movie_id`;
