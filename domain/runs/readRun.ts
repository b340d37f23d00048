import type { Run, RunLogLine, RunStep } from '../../contracts/runs.ts';
import type { Database } from '../../platform/postgres.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

export async function getRun(db: Database, runId: string): Promise<Run | undefined> {
  const { rows } = await db.query<RunRow>(`select ${RUN_COLUMNS} from runs where run_id = $1`, [runId]);
  return rows[0] && toRun(rows[0]);
}

/** A step with the names that Temporal knows it by; `progress` is Temporal's to tell. */
export interface LedgerStep {
  readonly workflowId: string;
  readonly activityId: string;
  readonly step: Omit<RunStep, 'progress'>;
}

/** Every attempt of every step of a run, in the order they began. */
export async function listSteps(db: Database, runId: string): Promise<LedgerStep[]> {
  const { rows } = await db.query<StepRow>(
    `select workflow_id, activity_id, step, subject, attempt, state, queue, worker, started_at, ended_at, result, error
     from run_steps where run_id = $1 order by started_at, workflow_id, activity_id, attempt`,
    [runId],
  );
  return rows.map(({ workflow_id: workflowId, activity_id: activityId, started_at, ended_at, ...step }) => ({
    workflowId,
    activityId,
    step: { ...step, started_at: started_at.toISOString(), ended_at: ended_at?.toISOString() ?? null },
  }));
}

interface StepRow extends Omit<RunStep, 'progress' | 'started_at' | 'ended_at'> {
  workflow_id: string;
  activity_id: string;
  started_at: Date;
  ended_at: Date | null;
}

export interface LogFilter {
  readonly step?: string | undefined;
  readonly subject?: string | undefined;
  readonly attempt?: number | undefined;
  /** How many lines to pass over: as many as the caller has read */
  readonly after: number;
  readonly limit: number;
}

/** Log lines of a run's steps in the order they were written, so that what is still to come stands at the end. */
export async function listStepLogs(
  db: Database,
  runId: string,
  { step, subject, attempt, after, limit }: LogFilter,
): Promise<RunLogLine[]> {
  const { rows } = await db.query<Omit<RunLogLine, 'logged_at'> & { logged_at: Date }>(
    `select s.step, s.subject, s.attempt, l.line, l.logged_at, l.level, l.message, l.fields
     from run_steps s join run_step_logs l using (workflow_id, temporal_run_id, activity_id, attempt)
     where s.run_id = $1 and ($2::text is null or s.step = $2) and ($3::text is null or s.subject = $3) and ($4::int is null or s.attempt = $4)
     order by l.logged_at, l.workflow_id, l.activity_id, l.attempt, l.line offset $5 limit $6`,
    [runId, step ?? null, subject ?? null, attempt ?? null, after, limit],
  );
  return rows.map(({ logged_at, ...line }) => ({ ...line, logged_at: logged_at.toISOString() }));
}
