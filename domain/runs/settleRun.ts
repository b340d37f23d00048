import type { Run, RunState } from '../../contracts/runs.ts';
import { LEDGER } from '../../contracts/sizes.ts';
import type { Database } from '../../platform/postgres.ts';
import { keptJson, keptText } from './kept.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

export interface RunOutcome {
  readonly state: Exclude<RunState, 'queued' | 'running'>;
  readonly temporalRunId?: string | undefined;
  readonly startedAt?: Date | undefined;
  readonly endedAt: Date;
  readonly result?: unknown;
  readonly error?: string | undefined;
}

/**
 * Writes how a run ended; steps that it left open are lost. The first outcome stays: whoever comes later reads it.
 * @param asKnown the execution that the ledger had when the engine was asked; where it has another by now the run was opened again, and stays open
 * @returns the run as it now stands in the ledger
 */
export async function settleRun(db: Database, runId: string, outcome: RunOutcome, asKnown?: string | null): Promise<Run | undefined> {
  const { state, temporalRunId, startedAt, endedAt, result, error } = outcome;
  const { rows } = await db.query<RunRow>(
    `with settled as (
       update runs set state = $2, temporal_run_id = coalesce($3, temporal_run_id), started_at = coalesce(started_at, $4),
         ended_at = $5, result = $6, error = $7
       where run_id = $1 and state in ('queued', 'running') and ($8 or temporal_run_id is not distinct from $9) returning *
     ), left_open as (
       update run_steps set state = 'lost', ended_at = $5 where run_id = (select run_id from settled) and state = 'running'
     )
     select ${RUN_COLUMNS} from settled runs
     union all select ${RUN_COLUMNS} from runs where run_id = $1 and not exists (select from settled)`,
    [
      runId,
      state,
      temporalRunId ?? null,
      startedAt ?? null,
      endedAt,
      keptJson(result, 'result', LEDGER.runResultBytes),
      keptText(error),
      asKnown === undefined,
      asKnown ?? null,
    ],
  );
  return rows[0] && toRun(rows[0]);
}

/**
 * Writes that a run goes on. A run that has ended stays ended.
 * @param asKnown the execution that the ledger had when the engine was asked
 */
export async function markRunning(
  db: Database,
  runId: string,
  { temporalRunId, startedAt }: { temporalRunId: string; startedAt: Date },
  asKnown: string | null,
): Promise<void> {
  await db.query(
    `update runs set state = 'running', temporal_run_id = $2, started_at = coalesce(started_at, $3),
       first_run_id = coalesce(first_run_id, temporal_run_id)
     where run_id = $1 and temporal_run_id is not distinct from $4
       and (state = 'queued' or (state = 'running' and temporal_run_id is distinct from $2))`,
    [runId, temporalRunId, startedAt, asKnown],
  );
}

/** Ids of the runs that have not ended, as far as the ledger knows. */
export async function listOpenRuns(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ run_id: string }>(`select run_id from runs where state in ('queued', 'running') order by run_id`);
  return rows.map(({ run_id }) => run_id);
}
