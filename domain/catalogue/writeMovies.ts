import type { PoolClient } from 'pg';
import type { TakenMovie } from './takeMovies.ts';

const ROWS = `json_to_recordset($1::json) as s (movie_id integer, source text, external_id text, title text, release_year smallint, genres text[],
  attributes jsonb, fields text[])`;

/** Writes what changes have made of movies that the transaction holds, in one order. */
export async function writeMovies(connection: PoolClient, movies: readonly TakenMovie[]): Promise<void> {
  const inOrder = movies.toSorted((one, other) => Number(one.movieId) - Number(other.movieId));
  const said = inOrder.filter((movie) => movie.said !== null);
  await insertMovies(
    connection,
    said.filter(({ madeAs }) => madeAs !== null),
  );
  await updateMovies(
    connection,
    said.filter(({ madeAs }) => madeAs === null),
  );
  await noteEdits(connection, said);
  const came = inOrder.filter(({ wasGone, isGone }) => wasGone && !isGone);
  if (came.length > 0) await connection.query('delete from gone_movies where movie_id = any($1::int[])', [idsOf(came)]);
  const went = inOrder.filter(({ wasGone, isGone }) => isGone && !wasGone);
  if (went.length > 0) await connection.query('insert into gone_movies (movie_id) select unnest($1::int[])', [idsOf(went)]);
}

/** An import may have made one meanwhile. */
async function insertMovies(connection: PoolClient, movies: readonly TakenMovie[]): Promise<void> {
  if (movies.length === 0) return;
  const rows = rowsOf(movies);
  await connection.query(
    `insert into movies (movie_id, title, release_year, genres, attributes, source)
     select movie_id, title, release_year, genres, attributes, source from ${ROWS} order by movie_id
     on conflict (movie_id) do update set title = excluded.title, release_year = excluded.release_year, genres = excluded.genres,
       attributes = excluded.attributes, updated_at = now()`,
    [rows],
  );
  await connection.query(
    `insert into movie_external_ids (source, external_id, movie_id) select source, external_id, movie_id from ${ROWS} order by source, external_id
     on conflict do nothing`,
    [rows],
  );
}

async function updateMovies(connection: PoolClient, movies: readonly TakenMovie[]): Promise<void> {
  if (movies.length === 0) return;
  await connection.query(
    `update movies m set title = coalesce(s.title, m.title),
       release_year = case when 'release_year' = any(s.fields) then s.release_year else m.release_year end,
       genres = coalesce(s.genres, m.genres), attributes = coalesce(s.attributes, m.attributes), updated_at = now()
     from ${ROWS} where m.movie_id = s.movie_id`,
    [rowsOf(movies)],
  );
}

/** What an import does not take back. */
async function noteEdits(connection: PoolClient, movies: readonly TakenMovie[]): Promise<void> {
  if (movies.length === 0) return;
  await connection.query(
    `insert into edited_movies as e (movie_id, fields) select movie_id, fields from ${ROWS} order by movie_id
     on conflict (movie_id) do update set fields = array(select distinct unnest(e.fields || excluded.fields)), edited_at = now()`,
    [rowsOf(movies)],
  );
}

const idsOf = (movies: readonly TakenMovie[]) => movies.map(({ movieId }) => movieId);

const rowsOf = (movies: readonly TakenMovie[]) =>
  JSON.stringify(
    movies.map(({ movieId, source, madeAs, said }) => {
      const fields = Object.entries(said ?? {}).flatMap(([field, value]) => (value === undefined ? [] : [field]));
      return { movie_id: movieId, source, external_id: madeAs, ...said, fields };
    }),
  );
