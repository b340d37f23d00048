import type { PoolClient } from 'pg';
import type { LoadCounts } from '../../contracts/collection.ts';
import { copyIn } from '../../platform/copy.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { arrayLiteral, copyLine } from './copyText.ts';
import { isReject, type CatalogueSource, type Reject, type SourceRow } from './source.ts';

export interface LoadOptions {
  readonly signal: AbortSignal;
  /** Called with the rows read so far, about every ten thousand. */
  readonly onProgress: (read: number) => void;
  readonly onReject: (reject: Reject) => void;
}

const PROGRESS_EVERY = 10_000;

/** Brings a source's movies into the catalogue by COPY, in one transaction. Movies that are there and the same are not touched. */
export const loadMovies = (pool: Pool, source: CatalogueSource, options: LoadOptions): Promise<LoadCounts> =>
  withTransaction(pool, async (connection) => {
    await connection.query(`create temp table staged_movies
      (line integer, movie_id integer, title text, release_year smallint, genres text[], external_ids jsonb) on commit drop`);
    const { read, rejected } = await copyRows(connection, 'staged_movies', source.movies(), options, (movie) => [
      movie.movie_id,
      movie.title,
      movie.release_year,
      arrayLiteral(movie.genres),
      JSON.stringify(movie.external_ids),
    ]);
    const duplicates = await setAside(connection, options, MOVIE_DUPLICATES);
    const { rowCount } = await connection.query(UPSERT_MOVIES, [source.name]);
    await connection.query(UPSERT_EXTERNAL_IDS);
    return { read, written: rowCount ?? 0, rejected: rejected + duplicates };
  });

/** Brings a source's ratings in by COPY, in one transaction. A rating of a movie that the catalogue lacks is set aside. */
export const loadRatings = (pool: Pool, source: CatalogueSource, options: LoadOptions): Promise<LoadCounts> =>
  withTransaction(pool, async (connection) => {
    await connection.query(
      'create temp table staged_ratings (line integer, user_id text, movie_id integer, rating real, rated_at timestamptz) on commit drop',
    );
    const { read, rejected } = await copyRows(connection, 'staged_ratings', source.ratings(), options, (rating) => [
      rating.user_id,
      rating.movie_id,
      rating.rating,
      rating.rated_at.toISOString(),
    ]);
    const orphans = await setAside(connection, options, RATINGS_WITHOUT_MOVIE);
    const duplicates = await setAside(connection, options, RATING_DUPLICATES);
    const { rowCount } = await connection.query(UPSERT_RATINGS, [source.name]);
    return { read, written: rowCount ?? 0, rejected: rejected + orphans + duplicates };
  });

/** Streams the good rows into a staging table, each with its line number first, and hands the bad ones to `onReject`. */
async function copyRows<T>(
  connection: PoolClient,
  table: string,
  rows: AsyncIterable<SourceRow<T>>,
  { signal, onProgress, onReject }: LoadOptions,
  columns: (row: T) => (string | number | null)[],
) {
  let read = 0;
  let rejected = 0;
  async function* lines() {
    for await (const row of rows) {
      read += 1;
      if (read % PROGRESS_EVERY === 0) onProgress(read);
      if (isReject(row)) {
        rejected += 1;
        onReject(row);
      } else yield copyLine([row.line, ...columns(row.row)]);
    }
  }
  await copyIn(connection, `copy ${table} from stdin (format csv)`, lines, signal);
  return { read, rejected };
}

/** Deletes the rows that a statement names from staging, handing each to `onReject`. */
async function setAside(connection: PoolClient, { onReject }: LoadOptions, statement: string): Promise<number> {
  const { rows } = await connection.query<Reject>(statement);
  rows.forEach(onReject);
  return rows.length;
}

const MOVIE_DUPLICATES = `
  delete from staged_movies s using (
    select line, row_number() over (partition by movie_id order by line) as place from staged_movies
  ) d
  where s.line = d.line and d.place > 1
  returning s.line, 'movie ' || s.movie_id || ' stands here a second time' as reason, s.title as raw`;

const RATINGS_WITHOUT_MOVIE = `
  delete from staged_ratings s
  where not exists (select from movies m where m.movie_id = s.movie_id)
  returning s.line, 'movie ' || s.movie_id || ' is not in the catalogue' as reason, concat_ws(',', s.user_id, s.movie_id, s.rating) as raw`;

const RATING_DUPLICATES = `
  delete from staged_ratings s using (
    select line, row_number() over (partition by user_id, movie_id order by rated_at desc, line desc) as place from staged_ratings
  ) d
  where s.line = d.line and d.place > 1
  returning s.line, 'user ' || s.user_id || ' rated movie ' || s.movie_id || ' later again' as reason,
    concat_ws(',', s.user_id, s.movie_id, s.rating) as raw`;

const UPSERT_MOVIES = `
  insert into movies as m (movie_id, title, release_year, genres, source)
  select movie_id, title, release_year, genres, $1 from staged_movies
  on conflict (movie_id) do update
    set title = excluded.title, release_year = excluded.release_year, genres = excluded.genres, source = excluded.source, updated_at = now()
    where (m.title, m.release_year, m.genres) is distinct from (excluded.title, excluded.release_year, excluded.genres)`;

const UPSERT_EXTERNAL_IDS = `
  insert into movie_external_ids as x (source, external_id, movie_id)
  select distinct on (e.key, e.value) e.key, e.value, s.movie_id from staged_movies s, jsonb_each_text(s.external_ids) e order by e.key, e.value, s.movie_id
  on conflict (source, external_id) do update set movie_id = excluded.movie_id where x.movie_id <> excluded.movie_id`;

const UPSERT_RATINGS = `
  insert into ratings as r (user_id, movie_id, rating, rated_at, source)
  select user_id, movie_id, rating, rated_at, $1 from staged_ratings
  on conflict (user_id, movie_id) do update
    set rating = excluded.rating, rated_at = excluded.rated_at, source = excluded.source
    where (r.rating, r.rated_at) is distinct from (excluded.rating, excluded.rated_at)`;
