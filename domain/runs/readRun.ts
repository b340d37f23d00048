import type { Run, RunLogLine, RunStep } from '../../contracts/runs.ts';
import { MANY_STEPS } from '../../contracts/workflows.ts';
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

/** Whether a step is being done now that was taken from this task queue. */
export async function hasRunningStep(db: Database, queue: string): Promise<boolean> {
  const sql = `select exists (select from runs join run_steps s using (run_id) where runs.state = 'running' and s.state = 'running' and queue = $1) as found`;
  return (await db.query<{ found: boolean }>(sql, [queue])).rows[0]!.found;
}

/** A step with the names that Temporal knows it by; `progress` is Temporal's to tell. */
export interface LedgerStep {
  readonly workflowId: string;
  readonly activityId: string;
  /** Tells the parts of a step apart within its workflow */
  readonly instance: string;
  /** Temporal's number of the attempt, which begins again when a run is set back; the step's own goes on */
  readonly temporalAttempt: number;
  readonly step: Omit<RunStep, 'progress'>;
}

/**
 * Attempts of a step, or of one part of it, numbered over all that its run was set back to and all times that it was offered again: Temporal counts both
 * as other activities. Parts that do not say which they are ($2) are told apart by their activity.
 */
const TRIES = `select *, row_number() over (partition by workflow_id, step, instance order by started_at, attempt)::integer as try
  from (
    select *, coalesce(part, case when step = any($2) then '#' || activity_id else '' end) as instance from run_steps where run_id = any($1)
  ) s`;

/** Every attempt of every step of a run, in the order they began. */
export const listSteps = async (db: Database, runId: string): Promise<LedgerStep[]> =>
  (await listStepsOfRuns(db, [runId])).get(runId) ?? [];

/** The same of several runs, by their id; a run without steps is left out. */
export async function listStepsOfRuns(db: Database, runIds: readonly string[]): Promise<Map<string, LedgerStep[]>> {
  const { rows } = await db.query<StepRow>(
    `select run_id, workflow_id, activity_id, instance, step, subject, part, attempt as temporal_attempt, try as attempt, state, queue, worker,
       started_at, ended_at, result, error
     from (${TRIES}) t order by started_at, workflow_id, activity_id, try`,
    [runIds, MANY_STEPS],
  );
  const steps = new Map<string, LedgerStep[]>();
  for (const { run_id } of rows) steps.set(run_id, []);
  for (const { run_id, ...row } of rows) steps.get(run_id)?.push(toLedgerStep(row));
  return steps;
}

const toLedgerStep = ({
  workflow_id,
  activity_id,
  instance,
  temporal_attempt,
  started_at,
  ended_at,
  ...step
}: Omit<StepRow, 'run_id'>): LedgerStep => ({
  workflowId: workflow_id,
  activityId: activity_id,
  instance,
  temporalAttempt: temporal_attempt,
  step: { ...step, started_at: started_at.toISOString(), ended_at: ended_at?.toISOString() ?? null },
});

interface StepRow extends Omit<RunStep, 'progress' | 'started_at' | 'ended_at'> {
  run_id: string;
  workflow_id: string;
  activity_id: string;
  instance: string;
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
     where ($3::text is null or s.step = $3) and ($4::text is null or s.subject = $4) and ($5::int is null or s.try = $5)
       and ($8::text is null or s.workflow_id = $8) and ($9::text is null or s.activity_id = $9)
     order by l.logged_at, s.workflow_id, s.activity_id, s.try, l.line offset $6 limit $7`,
    [[runId], MANY_STEPS, step, subject, attempt, after, limit, workflowId, activityId],
  );
  return rows.map(({ logged_at, ...line }) => ({ ...line, logged_at: logged_at.toISOString() }));
}
