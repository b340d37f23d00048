import { Failure } from '../../contracts/failures.ts';
import { TMDB_REFRESH_AGE_DAYS, type AskedDetails } from '../../contracts/tmdb.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { detailedMovieSchema, issuesOf, rawDetailsSchema, type DetailedMovie } from './answers.ts';
import { whyUnusable } from './client.ts';
import type { TmdbSource } from './fetchPages.ts';
import { movieFile } from './rawAnswers.ts';
import { allOrStop } from './allOrStop.ts';
import { lockTmdbTitles, writeTmdbMovies } from './writeMovies.ts';

/** Ten actors and the directors are shown; a film's whole crew is not kept. */
const MAX_ACTORS = 10;
/** A few movies that TMDB cannot answer for are set aside, lest one stop all others every night; more are TMDB's trouble, and fail the step. */
const MAX_UNUSABLE = 5;

/** Less than a day, for runs come daily and not to the second. */
const ANOTHER_DAY = "interval '12 hours'";

/** What came of asking for one movie. */
type Asked =
  | { readonly tmdb_id: number; readonly outcome: 'kept'; readonly fetchedAt: string; readonly movie: DetailedMovie }
  | { readonly tmdb_id: number; readonly outcome: 'gone'; readonly reason: null }
  | { readonly tmdb_id: number; readonly outcome: 'set_aside'; readonly reason: string };

/**
 * Linked movies whose details were never asked for, or too long ago, or were set aside the day before: what TMDB's lists named first, by popularity,
 * then by catalogue id.
 */
export async function chooseStale(db: Database, { staleDays, limit }: { staleDays: number; limit: number }): Promise<number[]> {
  const { rows } = await db.query<{ tmdb_id: number }>(
    `select x.external_id::integer as tmdb_id
     from movie_external_ids x
     left join tmdb_movies t on t.tmdb_id::text = x.external_id
     left join tmdb_asked a on a.tmdb_id::text = x.external_id
     where x.source = 'tmdb' and x.external_id ~ '^[1-9][0-9]{0,8}$'
       and (a.asked_at is null or a.asked_at < now() - case a.outcome when 'set_aside' then ${ANOTHER_DAY} else make_interval(days => $1) end)
     order by t.popularity desc nulls last, x.movie_id limit $2`,
    [staleDays, limit],
  );
  return rows.map(({ tmdb_id }) => tmdb_id);
}

/** Movies of which something is nearly as old as it may be; one that was asked for that day is left to the next. */
export async function chooseExpiring(db: Database, limit: number): Promise<number[]> {
  const { rows } = await db.query<{ tmdb_id: number }>(
    `select t.tmdb_id from tmdb_movies t left join tmdb_details d using (tmdb_id) left join tmdb_asked a using (tmdb_id)
     where least(t.fetched_at, d.fetched_at) < now() - make_interval(days => $1)
       and (a.asked_at is null or a.asked_at < now() - ${ANOTHER_DAY})
     order by t.tmdb_id limit $2`,
    [TMDB_REFRESH_AGE_DAYS, limit],
  );
  return rows.map(({ tmdb_id }) => tmdb_id);
}

/**
 * Asks for the details of movies, with keywords and credits, and keeps them. Details of that day that are on disk are not asked for again; a movie that
 * TMDB does not know any more is erased; one that cannot be read is set aside with the reason, in `tmdb_asked`.
 * @param onMovie called with the movies done so far
 */
export async function collectDetails(
  source: TmdbSource & { pool: Pool },
  { day, tmdbIds }: { day: string; tmdbIds: readonly number[] },
  { signal, onMovie }: { signal: AbortSignal; onMovie: (done: number) => void },
): Promise<AskedDetails> {
  const asked: Asked[] = [];
  let unusable = 0;
  await allOrStop(tmdbIds, signal, async (tmdbId, either) => {
    const setAside = (error: unknown): Asked => {
      const reason = whyUnusable(error);
      if (reason === null || (unusable += 1) > MAX_UNUSABLE) throw error;
      return { tmdb_id: tmdbId, outcome: 'set_aside', reason };
    };
    asked.push(await askFor(source, day, tmdbId, either).catch(setAside));
    onMovie(asked.length);
  });
  await withTransaction(source.pool, (connection) => keep(connection, asked));
  const count = (outcome: Asked['outcome']) => asked.filter((one) => one.outcome === outcome).length;
  return { asked: asked.length, kept: count('kept'), gone: count('gone'), set_aside: count('set_aside') };
}

async function askFor({ client, raw }: TmdbSource, day: string, tmdbId: number, signal: AbortSignal): Promise<Asked> {
  const schema = rawDetailsSchema.refine(({ id }) => id === tmdbId, `not movie ${tmdbId}`);
  const query = { append_to_response: 'keywords,credits' };
  try {
    const stored = await raw.read(day, movieFile(tmdbId), schema);
    const { fetchedAt, answer } =
      stored ?? (await raw.write(day, movieFile(tmdbId), await client.get(`/movie/${tmdbId}`, query, schema, signal)));
    const parsed = detailedMovieSchema.safeParse(answer);
    if (parsed.success) return { tmdb_id: tmdbId, outcome: 'kept', fetchedAt, movie: parsed.data };
    return { tmdb_id: tmdbId, outcome: 'set_aside', reason: issuesOf(parsed.error) };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'missing') return { tmdb_id: tmdbId, outcome: 'gone', reason: null };
    throw error;
  }
}

async function keep(db: Database, asked: readonly Asked[]): Promise<void> {
  const kept = asked.flatMap((one) => (one.outcome === 'kept' ? [toRow(one)] : []));
  const gone = asked.flatMap((one) => (one.outcome === 'gone' ? [one.tmdb_id] : []));
  await lockTmdbTitles(db);
  await writeTmdbMovies(db, kept);
  await db.query(UPSERT_DETAILS, [JSON.stringify(kept)]);
  await db.query('delete from tmdb_movies where tmdb_id = any($1::integer[])', [gone]);
  const outcomes = asked.map((one) => ({ tmdb_id: one.tmdb_id, outcome: one.outcome, reason: 'reason' in one ? one.reason : null }));
  await db.query(RECORD_ASKED, [JSON.stringify(outcomes)]);
}

const toRow = ({ fetchedAt, movie: { genres, credits, keywords, runtime, ...movie } }: Extract<Asked, { outcome: 'kept' }>) => ({
  ...movie,
  genre_ids: genres.map(({ id }) => id),
  fetched_at: fetchedAt,
  runtime_minutes: runtime || null, // TMDB says 0 where it does not know
  directors: credits.crew.filter(({ job }) => job === 'Director').map(({ name }) => name),
  actors: [...credits.cast]
    .sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity))
    .slice(0, MAX_ACTORS)
    .map(({ name, character }) => ({ name, character })),
  keywords: keywords.keywords.map(({ name }) => name),
});

const UPSERT_DETAILS = `
  insert into tmdb_details as d (tmdb_id, tagline, runtime_minutes, directors, actors, keywords, fetched_at)
  select id, tagline, runtime_minutes, directors, actors, keywords, fetched_at from jsonb_to_recordset($1::jsonb) as given (
    id integer, tagline text, runtime_minutes integer, directors text[], actors jsonb, keywords text[], fetched_at timestamptz)
  on conflict (tmdb_id) do update set tagline = excluded.tagline, runtime_minutes = excluded.runtime_minutes,
      directors = excluded.directors, actors = excluded.actors, keywords = excluded.keywords, fetched_at = excluded.fetched_at
    where excluded.fetched_at > d.fetched_at`;

const RECORD_ASKED = `
  insert into tmdb_asked as a (tmdb_id, asked_at, outcome, reason)
  select tmdb_id, now(), outcome, reason from jsonb_to_recordset($1::jsonb) as given (tmdb_id integer, outcome text, reason text)
  on conflict (tmdb_id) do update set asked_at = excluded.asked_at, outcome = excluded.outcome, reason = excluded.reason`;
