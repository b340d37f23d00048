import type { PoolClient } from 'pg';
import { withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';
import { IS_HELD_BACK } from '../../pushes/pushes.ts';
import { DEFINITIONS, type FeatureDefinitions } from '../../features/definitions.ts';
import { joinAtTheirTime } from '../../features/pointInTime.ts';
import { refuseUntrainable } from '../../features/references.ts';
import { drawnPlace } from './drawnPlace.ts';
import { createFeatureTableBuilder, type FeatureTable } from './featureTable.ts';
import { createInteractionBuilder, createVocabulary, type Interactions } from './interactions.ts';
import type { MovieTable } from './snapshot.ts';

// What an event told counts unless its user is another set's: one who rated there, or whose id begins with its name.
const CHOICES_TO_LEARN = `
  select user_id, movie_id::text, rating, happened_at as event_timestamp, place, source from user_choices c
  where is_chosen and ($1::text[] is null or source = any($1) or (source is null
    and not exists (select from ratings r where r.user_id = c.user_id and r.source <> all($1))
    and not exists (select from data_sets d where d.name <> all($1) and starts_with(c.user_id, d.name || ':'))))
    and not ${IS_HELD_BACK}`;

interface Asked {
  readonly definitions: FeatureDefinitions;
  /** Features that are numbers, `view:feature` */
  readonly references: readonly string[];
  /** By which rows of one moment are ordered where their source did not say how */
  readonly seed: number;
  /** Data sets whose movies and choices are read, and events of their users and of nobody else's; everything where this is left out */
  readonly sets?: readonly string[] | undefined;
}
const NONE_ASKED: Asked = { definitions: DEFINITIONS, references: [], seed: 0 };

/**
 * Reads what there is to learn from, as of one moment: the catalogue (that of own sets is theirs alone, any other sets share one), what each user chose (the view `user_choices`), and the features as of
 * each choice's own time. The rating is NaN where the user gave none. Memory is the columns and one batch of rows.
 * @throws Failure `FeatureNotTrainable` for a feature that may not be learnt from
 */
export async function readInteractions(
  pool: Pool,
  signal: AbortSignal,
  { definitions, references, seed, sets }: Asked = NONE_ASKED,
): Promise<Read> {
  refuseUntrainable(definitions, references);
  return withTransaction(pool, async (connection) => {
    await connection.query('set transaction isolation level repeatable read read only');
    const movies = await readMovieTable(connection, sets);
    const builder = createInteractionBuilder(movies.vocabulary);
    const table = createFeatureTableBuilder(references);
    const found = new Set<string>();
    const rows = joinAtTheirTime<InteractionRow>(connection, definitions, {
      labelsSql: CHOICES_TO_LEARN,
      parameters: [sets ?? null],
      references,
    });
    for await (const { label, features } of rows) {
      signal.throwIfAborted();
      const { user_id, movie_id, rating, event_timestamp, place, source } = label;
      if (movies.vocabulary.indexOf(movie_id) === undefined) continue; // an event of a movie that the catalogue lacks, or that is another set's own
      builder.add(user_id, movie_id, rating ?? Number.NaN, event_timestamp.getTime(), place ?? drawnPlace(seed, user_id, movie_id));
      table.add(features);
      if (source !== null) found.add(source);
    }
    const { interactions, arrivals } = builder.buildInOrder();
    return { interactions, movies, features: table.build(arrivals), sets: [...found].sort() };
  });
}

interface Read {
  readonly interactions: Interactions;
  readonly movies: MovieTable;
  readonly features: FeatureTable;
  /** Data sets whose ratings are among them */
  readonly sets: readonly string[];
}

interface InteractionRow {
  user_id: string;
  movie_id: string;
  rating: number | null;
  event_timestamp: Date;
  place: number | null;
  source: string | null;
}

// A title that TMDB alone knows has no genres, year or name here (a constraint of the table sees to it), and counts once a user has met it: what
// TMDB lists must not change what there is to learn from.
const MOVIES_TO_LEARN = `
  select m.movie_id::text as id, m.title, m.genres, m.release_year
  from movies m left join own_movie_ids o using (movie_id)
  where ($1::text[] is null
      or case when o.source is null then exists (select from data_sets d where d.name = any($1) and d.format is distinct from 'own')
         else o.source = any($1) end)
    and (m.source <> 'tmdb'
      or exists (select from ratings r where r.movie_id = m.movie_id)
      or m.movie_id in (select movie_id from interactions))
  order by m.movie_id`;

/** Of which catalogues those of the movies are that a training on all sets would learn of: an own set's name, or null for the shared one. */
export async function readCataloguesToLearn(db: Database, movieIds: readonly string[]): Promise<(string | null)[]> {
  const { rows } = await db.query<{ source: string | null }>(
    `select distinct o.source from (${MOVIES_TO_LEARN}) m left join own_movie_ids o on o.movie_id = m.id::int where m.id = any($2::text[])`,
    [null, movieIds],
  );
  return rows.map(({ source }) => source);
}

async function readMovieTable(connection: PoolClient, sets: readonly string[] | undefined): Promise<MovieTable> {
  const { rows } = await connection.query<{ id: string; title: string; genres: string[]; release_year: number | null }>(MOVIES_TO_LEARN, [
    sets ?? null,
  ]);
  return {
    vocabulary: createVocabulary(rows.map(({ id }) => id)),
    titles: rows.map(({ title }) => title),
    genres: rows.map(({ genres }) => genres),
    releaseYears: rows.map(({ release_year }) => release_year),
  };
}
