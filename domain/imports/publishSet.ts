import pg, { type PoolClient } from 'pg';
import type { LoadCounts } from '../../contracts/collection.ts';
import { STAGED_KINDS, type SetRef, type StagedKind } from '../../contracts/dataImport.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { TAB_CATALOGUE } from './reading/setMovies.ts';
import { expectNoCopy } from './quality/checkCopy.ts';
import { findReport, markPublished, type StoredReport } from './quality/qualityReports.ts';
import { attachRatings, canAttach } from './attachRatings.ts';
import { rememberSet } from './dataSets.ts';
import { removeUnusedMovies } from './removeMovies.ts';
import { listStagedKinds, stagedTable } from './staging/staging.ts';

type Counts = Record<StagedKind, LoadCounts>;

const STAGED_AS = { title: 's.title', release_year: 's.release_year', genres: 's.genres', attributes: "coalesce(s.attributes, '{}')" };
const KEEPING_EDITS = Object.entries(STAGED_AS).map(
  ([column, staged]) => `case when '${column}' = any(e.fields) then e.${column} else ${staged} end`,
);
/** Any fixed number. */
const PUBLISH_LOCK = 7_203_145;

/** Whoever changes what there is of a source takes turns, until the end of the transaction. */
export async function lockSet(connection: PoolClient, source: string): Promise<void> {
  await connection.query('select pg_advisory_xact_lock($1, hashtext($2))', [PUBLISH_LOCK, source]);
}

/**
 * Makes what a run has staged, and the rules have passed, the data that everybody sees: all of it or nothing. Done again, it changes nothing.
 * @returns rows by kind: read, set aside, and new or changed
 */
export const publishSet = (pool: Pool, runId: string, set: SetRef): Promise<Counts> =>
  withTransaction(pool, async (connection) => {
    await lockSet(connection, set.source);
    const report = await findReport(connection, runId);
    if (!report?.passed) throw new Error(`${runId} has no report of checks that were passed`);
    if (report.published_counts) return countsOf(report, report.published_counts);
    await expectNoCopy(connection, runId, set.source);
    const kinds = await listStagedKinds(connection, runId);
    const movies = await publishMovies(connection, runId, set);
    const users = kinds.includes('users') ? await publishUsers(connection, runId, set) : 0;
    const ratings = (await canAttach(connection, set))
      ? await attachRatings(connection, runId, set)
      : await upsertRatings(connection, runId, set);
    if (set.user_prefix !== '') await removeUnusedMovies(connection, set.source, stagedTable(runId, 'movies'));
    await markPublished(connection, runId, { movies, users, ratings });
    await rememberSet(connection, runId, set);
    return countsOf(report, { movies, users, ratings });
  });

function countsOf({ rules, row_counts }: StoredReport, written: Readonly<Partial<Record<StagedKind, number>>>): Counts {
  const counts = STAGED_KINDS.map((kind) => {
    const rejected = rules.filter(({ rule }) => rule.startsWith(`${kind}.`)).reduce((sum, { offending }) => sum + offending, 0);
    return [kind, { read: (row_counts[kind] ?? 0) + rejected, written: written[kind] ?? 0, rejected }];
  });
  return Object.fromEntries(counts) as Counts;
}

/**
 * The collection's own source says what a movie is called; an imported set, which may be older, adds what the catalogue lacks and says more of its
 * own alone. What somebody said by the API stands.
 */
async function publishMovies(connection: PoolClient, runId: string, { source, user_prefix }: SetRef): Promise<number> {
  const staged = stagedTable(runId, 'movies');
  const { rowCount } = await connection.query(
    `insert into movies as m (movie_id, title, release_year, genres, attributes, source)
     select movie_id, ${KEEPING_EDITS.join(', ')}, $1
     from ${staged} s left join (edited_movies join movies using (movie_id)) e using (movie_id) order by movie_id
     on conflict (movie_id) do update
       set title = excluded.title, release_year = excluded.release_year, genres = excluded.genres, attributes = excluded.attributes,
         source = excluded.source, updated_at = now()
       where (m.title, m.release_year, m.genres, m.attributes)
           is distinct from (excluded.title, excluded.release_year, excluded.genres, excluded.attributes)
         and (m.source = excluded.source or $2)`,
    [source, user_prefix === ''],
  );
  await connection.query(
    `insert into movie_external_ids as x (source, external_id, movie_id, matched_by)
     select distinct on (e.key, e.value) e.key, e.value, s.movie_id, case e.key when $1 then s.matched_by end
     from ${staged} s, jsonb_each_text(s.external_ids) e order by e.key, e.value, s.movie_id
     on conflict (source, external_id) do update set movie_id = excluded.movie_id, matched_by = excluded.matched_by
       where (x.movie_id, x.matched_by) is distinct from (excluded.movie_id, excluded.matched_by)`,
    [TAB_CATALOGUE],
  );
  return rowCount ?? 0;
}

/** What somebody said of a user by the API stands. */
async function publishUsers(connection: PoolClient, runId: string, { source }: SetRef): Promise<number> {
  const { rowCount } = await connection.query(
    `insert into users as u (user_id, age, source) select user_id, age, $1 from ${stagedTable(runId, 'users')} order by user_id
     on conflict (user_id) do update set age = excluded.age, updated_at = now()
       where u.source = excluded.source and u.age is distinct from excluded.age`,
    [source],
  );
  return rowCount ?? 0;
}

/** Row by row into the partition of all others. An imported set is there as it is then too: what it no longer has goes. */
async function upsertRatings(connection: PoolClient, runId: string, { source, user_prefix }: SetRef): Promise<number> {
  const staged = stagedTable(runId, 'ratings');
  if (user_prefix !== '') {
    await connection.query(
      `delete from ratings r where r.source = $1 and not exists (select from ${staged} s where s.user_id = r.user_id and s.movie_id = r.movie_id)`,
      [source],
    );
  }
  const { rowCount } = await connection.query(
    `insert into ratings as r (user_id, movie_id, rating, rated_at, source, line, raw_value)
     select user_id, movie_id, rating, rated_at, ${pg.escapeLiteral(source)}, line, raw_value from ${staged}
     on conflict (user_id, movie_id) do update
       set rating = excluded.rating, rated_at = excluded.rated_at, source = excluded.source, line = excluded.line,
         raw_value = excluded.raw_value
       where (r.rating, r.rated_at, r.line, r.raw_value) is distinct from (excluded.rating, excluded.rated_at, excluded.line, excluded.raw_value)`,
  );
  return rowCount ?? 0;
}
