import { LEDGER } from '../../contracts/sizes.ts';
import type { StepState } from '../../contracts/runs.ts';
import type { LogLine } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { keptJson, keptText } from './kept.ts';

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
}

export interface StepStart extends StepAttempt {
  readonly run: RunOfStep;
  readonly step: string;
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
 * Writes the start of an attempt; a second write changes nothing. A run that nobody reserved (a schedule's) gets its row here, one whose id runs
 * again (a backfill of the same span, a reset) is opened again, and an earlier attempt that never ended is marked lost: its worker died.
 */
export async function recordStepStart(db: Database, start: StepStart): Promise<void> {
  const { runId, subject, workflow } = start.run;
  const temporalRunId = subject === null ? start.temporalRunId : null; // a part's step knows the part's own execution alone
  await db.query(
    `with run as (
       insert into runs (run_id, workflow, state, started_by, started_at, temporal_run_id) values ($1, $2, 'running', 'temporal', now(), $11)
       on conflict (run_id) do update
         set workflow = case when excluded.temporal_run_id is null then runs.workflow else excluded.workflow end,
             state = 'running', ended_at = null, result = null, error = null,
             started_at = case when runs.ended_at is null then coalesce(runs.started_at, now()) else now() end, -- one that continues as new goes on
             temporal_run_id = coalesce(excluded.temporal_run_id, runs.temporal_run_id)
         where runs.state = 'queued' or runs.temporal_run_id <> excluded.temporal_run_id
     ), lost as (
       update run_steps set state = 'lost', ended_at = now(), error = 'the worker stopped answering'
       where (workflow_id, temporal_run_id, activity_id) = ($3, $4, $5) and attempt < $6 and state = 'running'
     )
     insert into run_steps (workflow_id, temporal_run_id, activity_id, attempt, run_id, step, subject, queue, worker, state, started_at)
     values ($3, $4, $5, $6, $1, $7, $8, $9, $10, 'running', now())
     on conflict do nothing`,
    [runId, workflow, ...keyOf(start), start.step, subject, start.queue, start.worker, temporalRunId],
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
