import { conflict } from '../../contracts/failures.ts';
import type { Run } from '../../contracts/runs.ts';
import { LEDGER } from '../../contracts/sizes.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { LOGICAL_DATE } from './findRuns.ts';
import { keptJson } from './kept.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

export interface Reservation {
  readonly runId: string;
  readonly workflow: string;
  readonly input: unknown;
  readonly startedBy: string;
  /** As `exactTime` gives it */
  readonly logicalDate?: string | undefined;
  readonly note?: string | undefined;
}

/**
 * Takes a run id for a run that is about to start; the ledger remembers it longer than Temporal does.
 * @throws Failure `conflict` when the ledger knows the id
 */
export async function reserveRun(db: Database, { runId, workflow, input, startedBy, logicalDate, note }: Reservation): Promise<Run> {
  const { rows } = await db.query<RunRow>(
    `insert into runs (run_id, workflow, state, input, started_by, logical_date, note) values ($1, $2, 'queued', $3, $4, $5, $6)
     on conflict do nothing returning ${RUN_COLUMNS}`,
    [runId, workflow, keptJson(input, 'input', LEDGER.inputBytes), startedBy, logicalDate ?? null, note ?? null],
  );
  const [row] = rows;
  if (!row) throw conflict(`There is a run ${runId} already; choose another name`);
  return toRun(row);
}

/**
 * The same for a caller who knows the runs of a workflow by the time that they stand for as well: no two of them that come this way have the same.
 * @throws Failure `conflict` also when a run of the workflow stands for that time
 */
export const reserveDatedRun = (pool: Pool, reservation: Reservation & { readonly logicalDate: string }): Promise<Run> =>
  withTransaction(pool, async (connection) => {
    const { workflow, logicalDate } = reservation;
    await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`run of ${workflow} for ${logicalDate}`]);
    const sql = `select run_id from runs where workflow = $1 and ${LOGICAL_DATE} = $2::timestamptz limit 1`;
    const { rows } = await connection.query<{ run_id: string }>(sql, [workflow, logicalDate]);
    if (rows[0]) throw conflict(`There is a run ${rows[0].run_id} with the logical date ${logicalDate} already`);
    return reserveRun(connection, reservation);
  });

/** Gives back an id whose run did not start; a run that has begun in spite of it stays. */
export async function releaseRun(db: Database, runId: string): Promise<void> {
  await db.query(`delete from runs where run_id = $1 and state = 'queued'`, [runId]);
}
