import type { Database } from '../../platform/postgres.ts';

/** Before a run is reset: the execution that comes goes on with it, and is no other run under its id. */
export async function beginSetBack(db: Database, runId: string): Promise<void> {
  await db.query('update runs set set_back = true where run_id = $1', [runId]);
}

/** Where the reset came to nothing. */
export async function endSetBack(db: Database, runId: string): Promise<void> {
  await db.query('update runs set set_back = false where run_id = $1', [runId]);
}

/**
 * Opens a run again that was set back to one of its steps, in a new execution. Attempts that were under way in what was set back are lost.
 * @param workflowIds the run and its children, as far as they were set back
 */
export async function reopenRun(
  db: Database,
  runId: string,
  { temporalRunId, workflowIds }: { temporalRunId: string; workflowIds: readonly string[] },
): Promise<void> {
  await db.query(
    `with lost as (
       update run_steps set state = 'lost', ended_at = now(), error = 'the run was set back'
       where run_id = $1 and workflow_id = any($3) and state = 'running' and temporal_run_id <> $2
     )
     update runs set state = 'running', temporal_run_id = $2, first_run_id = coalesce(first_run_id, temporal_run_id), set_back = false,
       ended_at = null, result = null, error = null where run_id = $1`,
    [runId, temporalRunId, workflowIds],
  );
}

export async function setRunNote(db: Database, runId: string, note: string | null): Promise<void> {
  await db.query('update runs set note = $2 where run_id = $1', [runId, note]);
}

/** Longer than back to where runs are looked for that are not in the ledger (`workers/control/reconcileRuns.ts`). */
const REMEMBERED = '2 days';

/** Forgets a run with its steps and their log lines, and remembers that it is not to be taken in again. */
export async function deleteRun(db: Database, runId: string): Promise<void> {
  await db.query(
    `with forgotten as (delete from deleted_runs where deleted_at < now() - $2::interval and run_id <> $1),
       remembered as (
         insert into deleted_runs (run_id) values ($1) on conflict (run_id) do update set deleted_at = clock_timestamp()
       )
     delete from runs where run_id = $1`,
    [runId, REMEMBERED],
  );
}
