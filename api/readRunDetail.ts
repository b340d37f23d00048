import { missing } from '../contracts/failures.ts';
import { isOpen, type Run, type RunDetail } from '../contracts/runs.ts';
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

/** A run with its steps, and with the progress of those that are going on. */
export async function readRunDetail(sources: RunSources, runId: string): Promise<RunDetail> {
  const run = await readRun(sources, runId);
  const steps = await listSteps(sources.pool, runId);
  const progress = isOpen(run) ? await readProgress(sources.runs, steps) : new Map<string, unknown>();
  return { ...run, steps: steps.map((one) => ({ ...one.step, progress: progress.get(keyOf(one)) ?? null })) };
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
