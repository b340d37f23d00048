import { missing } from '../contracts/failures.ts';
import { isOpen, type Run, type RunDetail, type RunNow } from '../contracts/runs.ts';
import { runOf } from '../contracts/workflows.ts';
import { getRun, listSteps, type LedgerStep } from '../domain/runs/readRun.ts';
import { syncRun } from '../domain/runs/syncRun.ts';
import type { Pool } from '../platform/postgres.ts';
import { isTemporalUnavailable } from '../platform/temporal/client.ts';
import type { ActivityProgress, TemporalRuns } from '../platform/temporal/runs.ts';

export interface RunSources {
  readonly pool: Pool;
  readonly runs: TemporalRuns;
}

/**
 * A run as it stands now. While Temporal is away the ledger answers with what it last knew.
 * @throws Failure `missing`
 */
export async function readRun({ pool, runs }: RunSources, runId: string): Promise<Run> {
  const run = await syncRun(pool, runs.describe, runId).catch((error: unknown) => unlessTemporalIsAway(error, () => getRun(pool, runId)));
  if (!run) throw missing(`There is no run ${runId}`);
  return run;
}

/** A run with its steps, the progress of those that are going on, and what it says of itself. */
export async function readRunDetail(sources: RunSources, runId: string): Promise<RunDetail> {
  const run = await readRun(sources, runId);
  const steps = await listSteps(sources.pool, runId);
  const [progress, now] = isOpen(run)
    ? await Promise.all([readProgress(sources.runs, steps), askStates(sources.runs, runId)])
    : [new Map<string, unknown>(), []];
  return { ...run, steps: steps.map((one) => ({ ...one.step, progress: progress.get(keyOf(one)) ?? null })), now };
}

/** The answer goes without what no worker says by then. */
const STATES_WITHIN_MS = 1_000;

/** What the workflow of a run does now, then what those do that are parts of the run. */
async function askStates({ askState }: TemporalRuns, runId: string): Promise<RunNow[]> {
  const until = Date.now() + STATES_WITHIN_MS;
  const own = await askState(runId, until);
  if (!own) return [];
  const parts = own.doing.flatMap(({ workflow_id }) => {
    const subject = workflow_id === null ? null : runOf(workflow_id, runId).subject;
    return workflow_id === null || subject === null ? [] : [{ workflow_id, subject }];
  });
  const told = await Promise.all(
    parts.map(async ({ workflow_id, subject }) => {
      const state = await askState(workflow_id, until);
      return state ? [{ ...state, subject }] : [];
    }),
  );
  return [{ ...own, subject: null }, ...told.flat()];
}

/** Latest heartbeats by step. Steps of a child stand under its own workflow id, so each that has something going on is asked. */
async function readProgress({ listProgress }: TemporalRuns, steps: readonly LedgerStep[]): Promise<Map<string, unknown>> {
  const workflowIds = new Set(steps.filter(({ step }) => step.state === 'running').map(({ workflowId }) => workflowId));
  const found = await Promise.all(
    [...workflowIds].map(async (workflowId) => {
      const activities = await listProgress(workflowId).catch((error: unknown) =>
        unlessTemporalIsAway(error, (): ActivityProgress[] => []),
      );
      return activities.map(
        ({ activityId, attempt, progress }) => [keyOf({ workflowId, activityId, temporalAttempt: attempt }), progress] as const,
      );
    }),
  );
  return new Map(found.flat());
}

const keyOf = ({ workflowId, activityId, temporalAttempt }: Pick<LedgerStep, 'workflowId' | 'activityId' | 'temporalAttempt'>) =>
  `${workflowId} ${activityId} ${temporalAttempt}`;

function unlessTemporalIsAway<T>(error: unknown, answer: () => T): T {
  if (isTemporalUnavailable(error)) return answer();
  throw error;
}
