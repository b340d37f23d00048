import type { Database } from '../../platform/postgres.ts';

/** One of the executions that a run is made of: those that went on as new ones, and those that it was set back to. */
export interface Execution {
  readonly temporalRunId: string;
  /** The first of those that went on as new ones, or that were reset from one another */
  readonly firstRunId: string;
  /** Whether it goes on from a point of an earlier one's history */
  readonly isReset: boolean;
}

/** Of $1, an id, and $2, an execution: whether the ledger has met that one. */
export const IS_KNOWN = `(exists (select from runs k where k.earlier_of = $1 and k.temporal_run_id = $2)
  or exists (select from run_steps s where s.workflow_id = $1 and s.temporal_run_id = $2))`;

/**
 * Makes room at an id for the run that an execution begins: the run that stands there is kept, with its steps, as an earlier one. An execution that goes
 * on with the run that stands there (it continues as new, or we set it back) needs none, nor does one that was met before.
 */
export async function makeRoom(db: Database, id: string, { temporalRunId, firstRunId, isReset }: Execution): Promise<void> {
  await db.query(
    `update runs set run_id = run_id || '@' || temporal_run_id, earlier_of = run_id
     where run_id = $1 and temporal_run_id <> $2 and not ${IS_KNOWN}
       and not (coalesce(first_run_id, temporal_run_id) = $3 and (set_back or not $4))
       and not exists (select from runs taken where taken.run_id = runs.run_id || '@' || runs.temporal_run_id)`,
    [id, temporalRunId, firstRunId, isReset],
  );
}
