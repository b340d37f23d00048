import type { PoolClient } from 'pg';
import { conflict } from '../../contracts/failures.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';

/** Any fixed number: of one database one backup is taken at a time. */
const BACKUP_LOCK = 7_203_145;
/** A server may close connections that wait in a transaction; these do, while others read. */
export const NEVER_IDLE = 'set local idle_in_transaction_session_timeout = 0';
const READ_ONLY = `set transaction isolation level repeatable read, read only; ${NEVER_IDLE}`;

/** A moment of the database, and connections that all see it. */
export interface Snapshot {
  /** That which holds the moment */
  readonly connection: PoolClient;
  readonly takenAt: Date;
  /** Runs `body` on another connection that sees the same. */
  readonly elsewhere: <T>(body: (connection: PoolClient) => Promise<T>) => Promise<T>;
}

const refuseSecond = (isOurs: boolean): void => {
  if (!isOurs) throw conflict('another backup of this database is being taken');
};

/** Runs `body` while no backup of this database is taken. @throws Failure `Conflict` where one is */
export const withoutBackup = <T>(pool: Pool, body: () => Promise<T>): Promise<T> =>
  withTransaction(pool, async (connection) => {
    await connection.query(NEVER_IDLE);
    const { rows } = await connection.query<{ is_ours: boolean }>('select pg_try_advisory_xact_lock($1) as is_ours', [BACKUP_LOCK]);
    refuseSecond(rows[0]!.is_ours);
    return body();
  });

/** @throws Failure `Conflict` where another backup of this database is being taken */
export const withSnapshot = <T>(pool: Pool, body: (snapshot: Snapshot) => Promise<T>): Promise<T> =>
  withTransaction(pool, async (connection) => {
    await connection.query(READ_ONLY);
    const { rows } = await connection.query<{ is_ours: boolean; snapshot: string; taken_at: Date }>(
      'select pg_try_advisory_xact_lock($1) as is_ours, pg_export_snapshot() as snapshot, now() as taken_at',
      [BACKUP_LOCK],
    );
    const { is_ours, snapshot, taken_at: takenAt } = rows[0]!;
    refuseSecond(is_ours);
    const elsewhere = <Result>(there: (connection: PoolClient) => Promise<Result>) =>
      withTransaction(pool, async (other) => {
        await other.query(READ_ONLY);
        await other.query(`set transaction snapshot '${snapshot}'`);
        return there(other);
      });
    return body({ connection, takenAt, elsewhere });
  });
