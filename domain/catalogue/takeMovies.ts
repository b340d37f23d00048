import type { PoolClient } from 'pg';
import { passing } from '../../contracts/failures.ts';
import type { MovieChange, MoviePatch } from '../../contracts/movies.ts';
import { POOL_WAITS } from '../../platform/postgres.ts';
import { findMovieIds, isNamed, splitRef } from './movieRefs.ts';

/** A movie that changes are about, with what they say of it so far. */
export interface TakenMovie {
  readonly movieId: string;
  readonly source: string;
  /** The id in its set by which a put makes it; null of one that is in the catalogue */
  readonly madeAs: string | null;
  readonly isThere: boolean;
  readonly wasGone: boolean;
  readonly isGone: boolean;
  /** Null where nothing was said of it */
  readonly said: MoviePatch | null;
}

export interface TakenMovies {
  /** Catalogue ids by `source:external_id`, of those that are there and those that a put may make */
  readonly ids: ReadonlyMap<string, string>;
  /** By their catalogue ids */
  readonly movies: ReadonlyMap<string, TakenMovie>;
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
/** SQLSTATEs of a lock that was not given in time, and of two who wait for each other. */
const NOT_GIVEN: readonly unknown[] = ['55P03', '40P01'];
/** Of a statement that took too long: one that waited several times, each less than a lock may. */
const TOOK_TOO_LONG = '57014';
const othersAreAtIt = () => passing('Conflict', 'Others are changing the same movies; nothing was changed, try again shortly');

/** What went wrong, in our words where others hold what the changes are about. */
export const asWaited = (error: unknown): unknown => (NOT_GIVEN.includes(codeOf(error)) ? othersAreAtIt() : error);

/**
 * Takes what the changes are about for this transaction, each kind in one order, or two batches could wait for each other: the names that are to be given,
 * then the movies.
 */
export const takeMovies = (connection: PoolClient, changes: readonly MovieChange[]): Promise<TakenMovies> =>
  take(connection, changes).catch((error: unknown) => {
    throw codeOf(error) === TOOK_TOO_LONG ? othersAreAtIt() : error;
  });

/** Less than a request's statement has, or the end of the wait would look like that of a slow server. */
const LOCK_WAIT_MS = POOL_WAITS.request.queryMs - 500;

async function take(connection: PoolClient, changes: readonly MovieChange[]): Promise<TakenMovies> {
  await connection.query(`set local lock_timeout = ${LOCK_WAIT_MS}`);
  const named = [...new Set(changes.map(({ movie_id }) => movie_id).filter(isNamed))];
  const known = await findMovieIds(connection, named);
  const puts = new Set(changes.filter(({ op }) => op === 'put').map(({ movie_id }) => movie_id));
  const given = await giveIds(
    connection,
    named.filter((ref) => puts.has(ref) && !known.has(ref)),
  );
  const ids = new Map([...known, ...[...given].map(([ref, { movieId }]) => [ref, movieId] as const)]);
  const unnamed = changes.map(({ movie_id }) => movie_id).filter((ref) => !isNamed(ref));
  const there = await lockMovies(connection, [...new Set([...unnamed, ...ids.values()])]);
  const fresh = [...given.values()].filter(({ movieId }) => !there.has(movieId));
  return { ids, movies: new Map([...fresh.map((movie) => [movie.movieId, movie] as const), ...there]) };
}

/**
 * A movie of an own set keeps the id that it was once given, also where its row is gone.
 * @param refs that the catalogue does not have
 * @returns movies that are not there, by those of `refs` whose set is here, and stays until the end of the transaction
 */
async function giveIds(connection: PoolClient, refs: readonly string[]): Promise<Map<string, TakenMovie>> {
  if (refs.length === 0) return new Map();
  const { rows } = await connection.query<{ ref: string; movie_id: string; source: string; external_id: string }>(
    `with sets as (select name from data_sets where name = any($1::text[]) and format = 'own' order by name for key share)
     insert into own_movie_ids as o (source, external_id)
     select source, external_id from unnest($1::text[], $2::text[]) as own (source, external_id)
     where source in (select name from sets) order by source, external_id
     on conflict (source, external_id) do update set external_id = o.external_id
     returning source || ':' || external_id as ref, movie_id::text, source, external_id`,
    [refs.map((ref) => splitRef(ref).source), refs.map((ref) => splitRef(ref).externalId)],
  );
  const untouched = { isThere: false, wasGone: false, isGone: false, said: null };
  return new Map(
    rows.map(({ ref, movie_id, source, external_id }) => [ref, { ...untouched, movieId: movie_id, source, madeAs: external_id }]),
  );
}

/** Whether one is gone is asked once it is held. */
async function lockMovies(connection: PoolClient, movieIds: readonly string[]): Promise<Map<string, TakenMovie>> {
  await connection.query('select from movies where movie_id = any($1::int[]) order by movie_id for update', [movieIds]);
  const { rows } = await connection.query<{ movie_id: string; source: string; is_gone: boolean }>(
    `select movie_id::text, source, g.movie_id is not null as is_gone
     from movies left join gone_movies g using (movie_id) where movie_id = any($1::int[])`,
    [movieIds],
  );
  return new Map(
    rows.map(({ movie_id, source, is_gone }) => [
      movie_id,
      { movieId: movie_id, source, madeAs: null, isThere: true, wasGone: is_gone, isGone: is_gone, said: null },
    ]),
  );
}
