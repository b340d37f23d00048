import pg, { type PoolClient } from 'pg';
import type { SetRef } from '../../contracts/dataImport.ts';
import { INDEX_MEMORY } from './quality/checkRows.ts';
import { stagedIndex, stagedTable } from './staging/staging.ts';

/** Readers wait for an attach that waits for an older reader, so it waits this long at most; then the step is tried again. */
export const LOCK_TIMEOUT = '5s';

/** The table of a set's ratings, where they are a partition. */
export const partitionOf = (source: string): string => `public.${pg.escapeIdentifier(`ratings_of_${source}`)}`;

/**
 * Whether a set's ratings can be a partition: its users share a prefix, and text is ordered by code point here, so that they are one range.
 * Somebody else's Postgres may order otherwise.
 */
export async function canAttach(connection: PoolClient, { user_prefix }: SetRef): Promise<boolean> {
  const { rows } = await connection.query<{ by_code_point: boolean }>(
    `select datlocprovider = 'b' or (datlocprovider = 'c' and datcollate in ('C', 'POSIX')) as by_code_point
     from pg_database where datname = current_database()`,
  );
  return user_prefix !== '' && rows[0]!.by_code_point;
}

/**
 * Makes the staged ratings the set's partition of `ratings`, in place of the one that was there. Indexes and constraints are made before, on a table
 * that nobody sees; readers are kept waiting for the exchange alone.
 * @returns rows that were new or had changed
 */
export async function attachRatings(connection: PoolClient, runId: string, { source, user_prefix }: SetRef): Promise<number> {
  const staged = stagedTable(runId, 'ratings');
  const [name, partition] = [pg.escapeIdentifier(`ratings_of_${source}`), partitionOf(source)];
  const [low, high] = [pg.escapeLiteral(user_prefix), pg.escapeLiteral(rangeEnd(user_prefix))];
  const { rows } = await connection.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [partition]);
  const isThere = rows[0]!.exists;
  const changed = await countChanged(connection, staged, isThere ? partition : null);
  if (isThere && changed === 0) return 0;

  await connection.query(`
    alter table ${staged}
      alter user_id set not null, alter movie_id set not null, alter rating set not null, alter rated_at set not null,
      add constraint ratings_rating_check check (rating between 0.5 and 5),
      add constraint users_of_the_set check (user_id >= ${low} and user_id < ${high}),
      add primary key using index ${stagedIndex(runId, 'ratings')};
    set local maintenance_work_mem = '${INDEX_MEMORY}';
    create index on ${staged} (movie_id);
    analyze ${staged};
    alter table ${staged} add foreign key (movie_id) references movies;
    set local lock_timeout = '${LOCK_TIMEOUT}'`);
  if (isThere) await connection.query(`alter table ratings detach partition ${partition}; drop table ${partition}`);
  await connection.query(`
    delete from ratings_default where user_id >= ${low} and user_id < ${high};
    alter table ${staged} rename to ${name};
    alter table staging.${name} set schema public;
    alter table ratings attach partition ${partition} for values from (${low}) to (${high})`);
  return changed;
}

/** Rows that the old partition lacks, has otherwise, or alone has. */
async function countChanged(connection: PoolClient, staged: string, old: string | null): Promise<number> {
  const { rows } = await connection.query<{ changed: number }>(
    old === null
      ? `select count(*) as changed from ${staged}`
      : `select count(*) as changed from ${staged} s full join ${old} o using (user_id, movie_id)
         where (s.rating, s.rated_at, s.line, s.raw_value) is distinct from (o.rating, o.rated_at, o.line, o.raw_value)`,
  );
  return rows[0]!.changed;
}

/** The first text, in code points, after all that begin with the prefix. */
const rangeEnd = (prefix: string) => `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
