import { LEDGER } from '../../contracts/sizes.ts';
import type { StepState } from '../../contracts/runs.ts';
import type { LogLine } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { keptJson, keptText } from './kept.ts';
import { IS_KNOWN, makeRoom, type Execution } from './makeRoom.ts';

/** One attempt of an activity, as Temporal names it. */
export interface StepAttempt {
  readonly workflowId: string;
  readonly temporalRunId: string;
  readonly activityId: string;
  readonly attempt: number;
}

/** The run that a step belongs to: that of its own workflow, or the one whose part that is. */
export interface RunOfStep {
  readonly runId: string;
  /** Type of the run's workflow */
  readonly workflow: string;
  /** Name of the part; null where the step is the run's own */
  readonly subject: string | null;
  /** The run's own, also where the step is a part's */
  readonly execution: Execution;
}

export interface StepStart extends StepAttempt {
  readonly run: RunOfStep;
  readonly step: string;
  /** Which part of the work it is; null where there is one */
  readonly part: string | null;
  readonly queue: string;
  readonly worker: string;
}

export interface StepEnd {
  readonly state: Exclude<StepState, 'running' | 'lost'>;
  readonly result: unknown;
  readonly error: string | null;
}

export interface TimedLogLine extends LogLine {
  readonly line: number;
  readonly loggedAt: Date;
}

/**
 * Writes the start of an attempt; a second write changes nothing. A run that nobody reserved (a schedule's) gets its row here, also one whose id ran
 * before, which is kept as an earlier run. An earlier attempt that never ended is marked lost: its worker died.
 */
export async function recordStepStart(db: Database, start: StepStart): Promise<void> {
  const { runId, subject, workflow, execution } = start.run;
  await makeRoom(db, runId, execution);
  await db.query(
    `with run as (
       insert into runs (run_id, workflow, state, started_by, started_at, temporal_run_id, first_run_id)
       select $1, $3, 'running', 'temporal', now(), $2, $4 where not exists (select from runs e where e.earlier_of = $1 and e.temporal_run_id = $2)
       on conflict (run_id) do update
         set workflow = excluded.workflow, state = 'running', ended_at = null, result = null, error = null, set_back = false,
             started_at = coalesce(runs.started_at, now()), -- one that continues as new goes on
             temporal_run_id = excluded.temporal_run_id, first_run_id = coalesce(runs.first_run_id, excluded.first_run_id)
         where runs.state = 'queued' or (runs.temporal_run_id is distinct from excluded.temporal_run_id and not ${IS_KNOWN})
     ), lost as (
       update run_steps set state = 'lost', ended_at = now(), error = 'the worker stopped answering'
       where (workflow_id, temporal_run_id, activity_id) = ($5, $6, $7) and attempt < $8 and state = 'running'
     )
     insert into run_steps (workflow_id, temporal_run_id, activity_id, attempt, run_id, step, subject, part, queue, worker, state, started_at)
     values ($5, $6, $7, $8, coalesce((select e.run_id from runs e where e.earlier_of = $1 and e.temporal_run_id = $2), $1),
       $9, $10, $13, $11, $12, 'running', now())
     on conflict do nothing`,
    [
      ...[runId, execution.temporalRunId, workflow, execution.firstRunId, ...keyOf(start)],
      ...[start.step, subject, start.queue, start.worker, keptText(start.part)],
    ],
  );
}

export async function recordStepEnd(db: Database, attempt: StepAttempt, { state, result, error }: StepEnd): Promise<void> {
  await db.query(
    `update run_steps set state = $5, result = $6, error = $7, ended_at = now()
     where (workflow_id, temporal_run_id, activity_id, attempt) = ($1, $2, $3, $4) and state in ('running', 'lost')`,
    [...keyOf(attempt), state, keptJson(result, 'result', LEDGER.stepResultBytes), keptText(error)],
  );
}

/** Appends log lines of an attempt; a line number that is there already is not written again. */
export async function recordStepLogs(db: Database, attempt: StepAttempt, lines: readonly TimedLogLine[]): Promise<void> {
  await db.query(
    `insert into run_step_logs (workflow_id, temporal_run_id, activity_id, attempt, line, logged_at, level, message, fields)
     select $1, $2, $3, $4, * from unnest($5::int[], $6::timestamptz[], $7::text[], $8::text[], $9::jsonb[])
     on conflict do nothing`,
    [
      ...keyOf(attempt),
      lines.map(({ line }) => line),
      lines.map(({ loggedAt }) => loggedAt),
      lines.map(({ level }) => level),
      lines.map(({ message }) => keptText(message)),
      lines.map(({ fields }) => keptJson(fields, 'fields', LEDGER.fieldsBytes)),
    ],
  );
}

const keyOf = ({ workflowId, temporalRunId, activityId, attempt }: StepAttempt) => [workflowId, temporalRunId, activityId, attempt];
