import type { Run, RunLogLine, RunStep } from '../../contracts/runs.ts';
import type { Database } from '../../platform/postgres.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

export async function getRun(db: Database, runId: string): Promise<Run | undefined> {
  const { rows } = await db.query<RunRow>(`select ${RUN_COLUMNS} from runs where run_id = $1`, [runId]);
  return rows[0] && toRun(rows[0]);
}

/** A run, and which of Temporal's executions it is as far as the ledger knows. */
export interface RunInTemporal {
  readonly run: Run;
  /** The run's own id, or the one that an earlier run ran under */
  readonly workflowId: string;
  readonly temporalRunId: string | null;
}

export async function getExecution(db: Database, runId: string): Promise<RunInTemporal | undefined> {
  const sql = `select ${RUN_COLUMNS}, coalesce(earlier_of, run_id) as workflow_id, temporal_run_id from runs where run_id = $1`;
  const { rows } = await db.query<RunRow & { workflow_id: string; temporal_run_id: string | null }>(sql, [runId]);
  return rows[0] && { run: toRun(rows[0]), workflowId: rows[0].workflow_id, temporalRunId: rows[0].temporal_run_id };
}

/** A step with the names that Temporal knows it by; `progress` is Temporal's to tell. */
export interface LedgerStep {
  readonly workflowId: string;
  readonly activityId: string;
  /** Temporal's number of the attempt, which begins again when a run is set back; the step's own goes on */
  readonly temporalAttempt: number;
  readonly step: Omit<RunStep, 'progress'>;
}

/** Attempts of a step, numbered over all that its run was set back to. */
const TRIES = `select *, row_number() over (partition by workflow_id, activity_id, step order by started_at, attempt)::integer as try
  from run_steps where run_id = $1`;

/** Every attempt of every step of a run, in the order they began. */
export async function listSteps(db: Database, runId: string): Promise<LedgerStep[]> {
  const { rows } = await db.query<StepRow>(
    `select workflow_id, activity_id, step, subject, attempt as temporal_attempt, try as attempt, state, queue, worker, started_at, ended_at,
       result, error
     from (${TRIES}) t order by started_at, workflow_id, activity_id, try`,
    [runId],
  );
  return rows.map(
    ({ workflow_id: workflowId, activity_id: activityId, temporal_attempt: temporalAttempt, started_at, ended_at, ...step }) => ({
      workflowId,
      activityId,
      temporalAttempt,
      step: { ...step, started_at: started_at.toISOString(), ended_at: ended_at?.toISOString() ?? null },
    }),
  );
}

interface StepRow extends Omit<RunStep, 'progress' | 'started_at' | 'ended_at'> {
  workflow_id: string;
  activity_id: string;
  temporal_attempt: number;
  started_at: Date;
  ended_at: Date | null;
}

export interface LogFilter {
  readonly step?: string | undefined;
  readonly subject?: string | undefined;
  readonly attempt?: number | undefined;
  readonly workflowId?: string | undefined;
  readonly activityId?: string | undefined;
  /** How many lines to pass over: as many as the caller has read */
  readonly after: number;
  readonly limit: number;
}

/** Log lines of a run's steps in the order they were written, so that what is still to come stands at the end. */
export async function listStepLogs(db: Database, runId: string, filter: LogFilter): Promise<RunLogLine[]> {
  const { step = null, subject = null, attempt = null, workflowId = null, activityId = null, after, limit } = filter;
  const { rows } = await db.query<Omit<RunLogLine, 'logged_at'> & { logged_at: Date }>(
    `select s.step, s.subject, s.try as attempt, l.line, l.logged_at, l.level, l.message, l.fields
     from (${TRIES}) s join run_step_logs l using (workflow_id, temporal_run_id, activity_id, attempt)
     where ($2::text is null or s.step = $2) and ($3::text is null or s.subject = $3) and ($4::int is null or s.try = $4)
       and ($7::text is null or s.workflow_id = $7) and ($8::text is null or s.activity_id = $8)
     order by l.logged_at, s.workflow_id, s.activity_id, s.try, l.line offset $5 limit $6`,
    [runId, step, subject, attempt, after, limit, workflowId, activityId],
  );
  return rows.map(({ logged_at, ...line }) => ({ ...line, logged_at: logged_at.toISOString() }));
}
