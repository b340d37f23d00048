import type { PoolClient } from 'pg';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { createInteractionBuilder, createVocabulary, type Interactions } from './interactions.ts';
import type { MovieTable } from './snapshot.ts';

const ROWS_AT_A_TIME = 20_000;

// One row for each user and movie, the latest; a dislike is no choice. Movies that the catalogue lacks cannot be learnt from.
const LATEST_INTERACTIONS = `
  select distinct on (user_id, movie_id) user_id, movie_id::text, rating, extract(epoch from happened_at)::float8 * 1000 as happened_ms
  from (
    select user_id, movie_id, rating, rated_at as happened_at from ratings
    union all
    select user_id, movie_id, rating, occurred_at from interactions join movies using (movie_id) where interaction_type <> 'dislike'
  ) log
  order by user_id, movie_id, happened_at desc, rating desc nulls last`;

/**
 * Reads what there is to learn from, as of one moment: the catalogue and each user's latest interaction with each movie.
 * The rating is NaN where the user gave none. Memory is the columns and one batch of rows.
 */
export const readInteractions = (pool: Pool, signal: AbortSignal): Promise<{ interactions: Interactions; movies: MovieTable }> =>
  withTransaction(pool, async (connection) => {
    await connection.query('set transaction isolation level repeatable read read only');
    const movies = await readMovieTable(connection);
    const builder = createInteractionBuilder(movies.vocabulary);
    for await (const row of readInBatches<InteractionRow>(connection, LATEST_INTERACTIONS)) {
      signal.throwIfAborted();
      builder.add(row.user_id, row.movie_id, row.rating ?? Number.NaN, row.happened_ms);
    }
    return { interactions: builder.build(), movies };
  });

interface InteractionRow {
  user_id: string;
  movie_id: string;
  rating: number | null;
  happened_ms: number;
}

// A title that TMDB alone knows has no genres, year or name here (a constraint of the table sees to it), and counts once a user has met it: what
// TMDB lists must not change what there is to learn from.
const MOVIES_TO_LEARN = `
  select movie_id::text as id, title, genres, release_year from movies m
  where source <> 'tmdb'
    or exists (select from ratings r where r.movie_id = m.movie_id)
    or movie_id in (select movie_id from interactions)
  order by movie_id`;

async function readMovieTable(connection: PoolClient): Promise<MovieTable> {
  const { rows } = await connection.query<{ id: string; title: string; genres: string[]; release_year: number | null }>(MOVIES_TO_LEARN);
  return {
    vocabulary: createVocabulary(rows.map(({ id }) => id)),
    titles: rows.map(({ title }) => title),
    genres: rows.map(({ genres }) => genres),
    releaseYears: rows.map(({ release_year }) => release_year),
  };
}

async function* readInBatches<Row extends object>(connection: PoolClient, sql: string): AsyncGenerator<Row> {
  await connection.query(`declare batches no scroll cursor for ${sql}`);
  for (;;) {
    const { rows } = await connection.query<Row>(`fetch ${ROWS_AT_A_TIME} from batches`);
    if (rows.length === 0) return;
    yield* rows;
  }
}
