import type { PoolClient } from 'pg';
import { conflict, invalid, missing } from '../../contracts/failures.ts';
import { FOREIGN_SOURCES, type ChangedMovie, type MovieChange, type MoviePatch } from '../../contracts/movies.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { findMovieIds, isNamed, movieIdsOf, splitRef } from './movieRefs.ts';

/**
 * Changes the catalogue in the order given, all of it or nothing. A movie that is deleted keeps its row, which ratings and models name, and is not
 * recommended any more; put again it is back.
 * @throws Failure `missing` for a movie that is not there, `conflict` for TMDB's, `invalid` for a name that no movie can be given
 */
export const changeMovies = (pool: Pool, changes: readonly MovieChange[]): Promise<ChangedMovie[]> =>
  withTransaction(pool, async (connection) => {
    await takeMovies(connection, changes);
    const changed: ChangedMovie[] = [];
    for (const change of changes) changed.push(await changeMovie(connection, change));
    return changed;
  });

/** Takes what the changes are about in one order, or two batches could wait for each other: the names that are to be given, then the movies. */
async function takeMovies(connection: PoolClient, changes: readonly MovieChange[]): Promise<void> {
  const named = [...new Set(changes.map(({ movie_id }) => movie_id).filter(isNamed))];
  const known = await findMovieIds(connection, named);
  const puts = new Set(changes.filter(({ op }) => op === 'put').map(({ movie_id }) => movie_id));
  const fresh = named.filter((ref) => puts.has(ref) && !known.has(ref)).map(splitRef);
  const own = fresh.filter(({ source }) => !FOREIGN_SOURCES.includes(source));
  const { rows } = await connection.query<{ movie_id: string }>(
    `insert into own_movie_ids as o (source, external_id)
     select source, external_id from unnest($1::text[], $2::text[]) as own (source, external_id) order by source, external_id
     on conflict (source, external_id) do update set external_id = o.external_id returning movie_id::text`,
    [own.map(({ source }) => source), own.map(({ externalId }) => externalId)],
  );
  const ids = changes.map(({ movie_id }) => movie_id).filter((ref) => !isNamed(ref));
  await connection.query('select from movies where movie_id = any($1::int[]) order by movie_id for update', [
    [...ids, ...known.values(), ...rows.map(({ movie_id }) => movie_id)],
  ]);
}

async function changeMovie(connection: PoolClient, change: MovieChange): Promise<ChangedMovie> {
  if (change.op === 'put' && isNamed(change.movie_id)) await makeWhereMissing(connection, change.movie_id);
  const movieId = await idOf(connection, change);
  if (change.op === 'delete') {
    await connection.query('insert into gone_movies (movie_id) values ($1)', [movieId]);
    return { op: change.op, movie_id: movieId };
  }
  const fields = change.op === 'put' ? { release_year: null, genres: [], attributes: {}, ...change.fields } : change.fields;
  await update(connection, movieId, fields);
  if (change.op === 'put') await connection.query('delete from gone_movies where movie_id = $1', [movieId]);
  return { op: change.op, movie_id: movieId };
}

/** Of a movie that is there; one that was deleted is there for a put alone. */
async function idOf(connection: PoolClient, { op, movie_id: ref }: MovieChange): Promise<string> {
  const [movieId] = await movieIdsOf(connection, [ref]);
  const { rows } = await connection.query<{ source: string }>(
    `select source from movies m where movie_id = $1 and ($2 or not exists (select from gone_movies g where g.movie_id = m.movie_id)) for update`,
    [movieId, op === 'put'],
  );
  if (!rows[0]) throw missing(`There is no movie ${ref} in the catalogue`);
  if (rows[0].source === 'tmdb' && op !== 'delete')
    throw conflict(`Movie ${ref} is known to TMDB alone, whose words are not kept in the catalogue`);
  return movieId!;
}

/** A movie of an own name keeps the id that it was once given, also where its row is gone. */
async function makeWhereMissing(connection: PoolClient, ref: string): Promise<void> {
  const { source, externalId } = splitRef(ref);
  if ((await findMovieIds(connection, [ref])).size > 0) return;
  if (FOREIGN_SOURCES.includes(source)) throw invalid('movie_id', `${source} names another catalogue, whose movies are not made here`);
  const { rows } = await connection.query<{ movie_id: string }>(
    `insert into own_movie_ids as o (source, external_id) values ($1, $2)
     on conflict (source, external_id) do update set external_id = o.external_id returning movie_id::text`,
    [source, externalId],
  );
  const movieId = rows[0]!.movie_id;
  await connection.query('insert into movies (movie_id, title, source) values ($1, $2, $3) on conflict do nothing', [
    movieId,
    externalId,
    source,
  ]);
  await connection.query('insert into movie_external_ids (source, external_id, movie_id) values ($1, $2, $3) on conflict do nothing', [
    source,
    externalId,
    movieId,
  ]);
}

async function update(connection: PoolClient, movieId: string, { title, release_year, genres, attributes }: MoviePatch): Promise<void> {
  await connection.query(
    `update movies set title = coalesce($2, title), release_year = case when $3 then $4 else release_year end,
       genres = coalesce($5, genres), attributes = coalesce($6::jsonb, attributes), updated_at = now()
     where movie_id = $1`,
    [movieId, title, release_year !== undefined, release_year, genres, attributes && JSON.stringify(attributes)],
  );
  const said = Object.entries({ title, release_year, genres, attributes }).flatMap(([field, value]) =>
    value === undefined ? [] : [field],
  );
  await connection.query(
    `insert into edited_movies as e (movie_id, fields) values ($1, $2)
     on conflict (movie_id) do update set fields = array(select distinct unnest(e.fields || excluded.fields)), edited_at = now()`,
    [movieId, said],
  );
}
