import { conflict } from '../../contracts/failures.ts';
import type { Run } from '../../contracts/runs.ts';
import { LEDGER } from '../../contracts/sizes.ts';
import type { Database } from '../../platform/postgres.ts';
import { keptJson } from './kept.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

export interface Reservation {
  readonly runId: string;
  readonly workflow: string;
  readonly input: unknown;
  readonly startedBy: string;
  readonly logicalDate?: Date | undefined;
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

/** Gives back an id whose run did not start; a run that has begun in spite of it stays. */
export async function releaseRun(db: Database, runId: string): Promise<void> {
  await db.query(`delete from runs where run_id = $1 and state = 'queued'`, [runId]);
}
