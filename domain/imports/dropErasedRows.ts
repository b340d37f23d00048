import type { StagedKind } from '../../contracts/dataImport.ts';
import type { Database, Pool } from '../../platform/postgres.ts';
import type { ErasedUsers } from '../users/erased.ts';
import { listStagedKinds, stagedTable } from './staging/staging.ts';

const IDS_OF_PAGE = 10_000;

/**
 * Leaves out of a staged set what it tells of erased users of the time before. A set that has one time for all its rows knows no time, and may be as old as any.
 * @returns how many rows went; none where it was published already
 */
export async function dropErasedRows(pool: Pool, erased: ErasedUsers, runId: string): Promise<number> {
  if (!(await hasErased(pool))) return 0;
  const kinds: StagedKind[] = [];
  for (const kind of await listStagedKinds(pool, runId)) if (await isThere(pool, stagedTable(runId, kind))) kinds.push(kind);
  let dropped = 0;
  if (kinds.includes('ratings')) {
    const table = stagedTable(runId, 'ratings');
    const before = (await isUntimed(pool, table)) ? 'true' : 's.rated_at <= e.erased_before';
    dropped += await dropFrom(pool, erased, table, before);
  }
  if (kinds.includes('users')) {
    const isLeft = kinds.includes('ratings')
      ? `not exists (select from ${stagedTable(runId, 'ratings')} r where r.user_id = s.user_id)`
      : 'true';
    dropped += await dropFrom(pool, erased, stagedTable(runId, 'users'), isLeft);
  }
  return dropped;
}

async function hasErased(db: Database): Promise<boolean> {
  const { rows } = await db.query('select from erased_users limit 1');
  return rows.length > 0;
}

/** What was published took its table along. */
async function isThere(db: Database, table: string): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  return rows[0]!.there;
}

async function isUntimed(db: Database, table: string): Promise<boolean> {
  const { rows } = await db.query<{ untimed: boolean }>(`select min(rated_at) = max(rated_at) as untimed from ${table}`);
  return rows[0]!.untimed;
}

async function dropFrom(db: Database, erased: ErasedUsers, table: string, where: string): Promise<number> {
  let dropped = 0;
  for (let after: string | null = ''; after !== null;) {
    const { rows }: { rows: { id: string }[] } = await db.query<{ id: string }>(
      `select distinct user_id as id from ${table} where user_id > $1 order by 1 limit $2`,
      [after, IDS_OF_PAGE],
    );
    const found = [...(await erased.find(rows.map(({ id }) => id)))];
    if (found.length > 0) {
      const { rowCount } = await db.query(
        `delete from ${table} s using unnest($1::text[], $2::timestamptz[]) as e (user_id, erased_before) where s.user_id = e.user_id and (${where})`,
        [found.map(([id]) => id), found.map(([, before]) => before)],
      );
      dropped += rowCount ?? 0;
    }
    after = rows.length === IDS_OF_PAGE ? rows.at(-1)!.id : null;
  }
  return dropped;
}
