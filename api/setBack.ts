import { conflict } from '../contracts/failures.ts';
import type { Run } from '../contracts/runs.ts';
import { beginSetBack, endSetBack, reopenRun } from '../domain/runs/changeRun.ts';
import { getExecution, type LedgerStep } from '../domain/runs/readRun.ts';
import type { RunSources } from './readRunDetail.ts';

/**
 * Sets a run back to before some of its steps: it goes on from there, and what came after them in it is done again.
 * @throws Failure `conflict` where the run cannot go on
 */
export async function setBack(
  { pool, runs }: RunSources,
  run: Run,
  steps: readonly Pick<LedgerStep, 'workflowId' | 'activityId'>[],
): Promise<void> {
  const activities = new Map<string, Set<string>>();
  for (const { workflowId, activityId } of steps) {
    activities.set(workflowId, (activities.get(workflowId) ?? new Set()).add(activityId));
  }
  const { workflowId = run.run_id } = (await getExecution(pool, run.run_id)) ?? {};
  if (workflowId !== run.run_id) throw conflict(`${run.run_id} is an earlier run of ${workflowId}; the latest alone can go on`);
  await beginSetBack(pool, run.run_id);
  try {
    const reset = await runs.reset(run.run_id, activities);
    if (reset === 'missing') throw conflict(`Temporal no longer knows ${run.run_id} or a child of it, so it cannot go on`);
    await reopenRun(pool, run.run_id, reset);
  } catch (error) {
    await endSetBack(pool, run.run_id);
    throw error;
  }
}
