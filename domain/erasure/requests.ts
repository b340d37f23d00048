import type { ErasedStore, Erasure, ErasureReceipt } from '../../contracts/erasure.ts';
import { missing } from '../../contracts/failures.ts';
import { runId } from '../../contracts/workflows.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import type { ErasedUsers } from '../users/erased.ts';

/** What stands before a receipt in the id of its run. */
const RUN_OF = `'${runId('userErasure', '')}' || e.receipt`;
/** Of a run that will not go on. Where a backup was restored it may have come to its end, and the erasure it was of is not done any more. */
const IS_OVER = `r.state in ('success', 'failed', 'cancelled')`;

interface Request {
  readonly userId: string;
  /** Who asks */
  readonly by: string;
  /** What is later is somebody new's; now when missing */
  readonly before?: Date;
  readonly isRepeated?: boolean;
}

/** Writes a request down; from then on nothing of the time before is taken in. @returns its receipt */
export async function requestErasure(
  pool: Pool,
  erased: ErasedUsers,
  { userId, by, before, isRepeated = false }: Request,
): Promise<string> {
  const hash = await erased.hashOf(userId);
  return withTransaction(pool, async (db) => {
    await db.query(
      `insert into erased_users as e (user_hash, erased_before) values ($1, coalesce($2, clock_timestamp()))
       on conflict (user_hash) do update set erased_before = greatest(e.erased_before, excluded.erased_before)`,
      [hash, before ?? null],
    );
    const { rows } = await db.query<{ receipt: string }>(
      `insert into erasures (user_id, requested_by, erased_before, is_repeated)
       select $1, $2, coalesce($3, erased_before), $4 from erased_users where user_hash = $5 returning receipt`,
      [userId, by, before ?? null, isRepeated, hash],
    );
    return rows[0]!.receipt;
  });
}

/** What the steps of an erasure work with. */
export interface OpenErasure {
  readonly userId: string;
  readonly before: Date;
}

/** @throws Failure `missing` where there is no such erasure, or it is done */
export async function readOpenErasure(db: Database, receipt: string): Promise<OpenErasure> {
  const { rows } = await db.query<{ userId: string | null; before: Date }>(
    `select user_id as "userId", erased_before as before from erasures where receipt = $1`,
    [receipt],
  );
  const [found] = rows;
  if (!found || found.userId === null) throw missing(`there is no erasure ${receipt} that is not done`);
  return { userId: found.userId, before: found.before };
}

/** Notes which stores are to be gone through; again it changes nothing. */
export async function beginErasure(db: Database, receipt: string, stores: readonly string[]): Promise<void> {
  await db.query(`update erasures set state = 'running' where receipt = $1 and state = 'waiting'`, [receipt]);
  await db.query(`insert into erasure_stores (receipt, store) select $1, unnest($2::text[]) on conflict do nothing`, [receipt, stores]);
}

export interface Looked {
  /** How many went in this try */
  readonly erased: number;
  readonly found: number;
  readonly keptUntil: Date | null;
  readonly reason: string | null;
}

export async function noteLook(db: Database, receipt: string, store: string, { erased, found, keptUntil, reason }: Looked): Promise<void> {
  await db.query(
    `update erasure_stores set erased = erased + $3, found = $4, kept_until = $5, reason = $6, looked_at = clock_timestamp(), failure = null, failed_at = null
     where receipt = $1 and store = $2`,
    [receipt, store, erased, found, keptUntil, reason],
  );
}

export async function noteFailure(db: Database, receipt: string, store: string, failure: string): Promise<void> {
  await db.query('update erasure_stores set failure = $3, failed_at = clock_timestamp() where receipt = $1 and store = $2', [
    receipt,
    store,
    failure,
  ]);
}

/** Workflows that read what is told of users, and write what they make of it. */
const READERS = [
  'movieDataCollection',
  'dataImport',
  'featureMaterialization',
  'movieTrainingPipeline',
  'modelSweep',
  'batchRecommendations',
];

/**
 * Runs that go on and began before every store had been gone through once: what they read may come back with what they write.
 * @returns their ids, which the receipt tells meanwhile
 */
export async function findReaders(db: Database, receipt: string): Promise<string[]> {
  const { rows } = await db.query<{ waits_for: string[] }>(
    `update erasures e set swept_at = coalesce(swept_at, clock_timestamp()), waits_for = array(
       select run_id from runs where state in ('queued', 'running') and workflow = any ($2)
         and created_at <= coalesce(e.swept_at, clock_timestamp()) order by run_id
     ) where receipt = $1 returning waits_for`,
    [receipt, READERS],
  );
  return rows[0]?.waits_for ?? [];
}

/**
 * Ends an erasure and forgets whom it was about, also in what was asked for before and came to no end.
 * @returns stores that are not as they should be, since every store was gone through once; it goes on then
 */
export const closeErasure = (pool: Pool, receipt: string): Promise<string[]> =>
  withTransaction(pool, async (db) => {
    const { rows } = await db.query<{ store: string }>(
      `select store from erasures join erasure_stores using (receipt) where receipt = $1 and state <> 'done'
         and (failure is null and looked_at >= swept_at and (found = 0 or reason is not null)) is not true order by store`,
      [receipt],
    );
    if (rows.length > 0) return rows.map(({ store }) => store);
    await db.query(
      `update erasures e set user_id = null from erasures done
       where done.receipt = $1 and e.user_id = done.user_id and e.requested_at < done.requested_at
         and exists (select from runs r where r.run_id = ${RUN_OF} and ${IS_OVER})`,
      [receipt],
    );
    await db.query(
      `update erasures set state = 'done', done_at = clock_timestamp(), waits_for = '{}', user_id = null where receipt = $1 and state <> 'done'`,
      [receipt],
    );
    return [];
  });

/** Whether an erasure of the user is under way. */
export async function isBeingErased(db: Database, userId: string): Promise<boolean> {
  const { rows } = await db.query(`select ${FROM} where e.user_id = $1 and e.state <> 'done' and (${IS_OVER}) is not true limit 1`, [
    userId,
  ]);
  return rows.length > 0;
}

/** The oldest that nobody works on. */
export async function listWaitingErasures(db: Database): Promise<{ receipt: string; by: string }[]> {
  const { rows } = await db.query<{ receipt: string; by: string }>(
    `select receipt, requested_by as by from erasures where state = 'waiting' order by requested_at limit 100`,
  );
  return rows;
}

export const markStarted = async (db: Database, receipt: string): Promise<void> =>
  void (await db.query(`update erasures set state = 'running' where receipt = $1 and state = 'waiting'`, [receipt]));

type Row = Omit<Erasure, 'requested_at' | 'erased_before' | 'done_at'> & { requested_at: Date; erased_before: Date; done_at: Date | null };

const COLUMNS = `receipt, case when e.state <> 'done' and ${IS_OVER} then 'stopped' else e.state end as state,
  requested_by, requested_at, erased_before, is_repeated, waits_for, done_at`;
const FROM = `from erasures e left join runs r on r.run_id = ${RUN_OF}`;

const toErasure = ({ requested_at, erased_before, done_at, ...row }: Row): Erasure => ({
  ...row,
  requested_at: requested_at.toISOString(),
  erased_before: erased_before.toISOString(),
  done_at: done_at?.toISOString() ?? null,
});

/** Newest first. */
export async function listErasures(db: Database, limit: number): Promise<Erasure[]> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} ${FROM} order by requested_at desc, receipt desc limit $1`, [limit]);
  return rows.map(toErasure);
}

/** @returns null where there is none */
export async function findErasure(db: Database, receipt: string): Promise<Erasure | null> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} ${FROM} where receipt = $1`, [receipt]);
  return rows[0] ? toErasure(rows[0]) : null;
}

/** The same with what was found in each store. */
export async function readReceipt(db: Database, receipt: string): Promise<ErasureReceipt | null> {
  const found = await findErasure(db, receipt);
  return found && { ...found, stores: await readStores(db, receipt) };
}

type StoreRow = Omit<ErasedStore, 'state' | 'kept_until' | 'looked_at'> & { kept_until: Date | null; looked_at: Date | null };

async function readStores(db: Database, receipt: string): Promise<ErasedStore[]> {
  const { rows } = await db.query<StoreRow>(
    `select store, erased, found, kept_until, reason, looked_at, failure from erasure_stores where receipt = $1 order by store`,
    [receipt],
  );
  return rows.map(({ kept_until, looked_at, ...row }) => ({
    ...row,
    state: stateOf(row),
    kept_until: kept_until?.toISOString() ?? null,
    looked_at: looked_at?.toISOString() ?? null,
  }));
}

const stateOf = ({ failure, found, reason }: Pick<StoreRow, 'failure' | 'found' | 'reason'>): ErasedStore['state'] => {
  if (failure !== null) return 'failing';
  if (found === 0) return 'erased';
  return reason === null ? 'waiting' : 'kept';
};
