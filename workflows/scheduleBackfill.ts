import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, continueAsNew, executeChild, log } from '@temporalio/workflow';
import type { BackfillActivities } from '../activities/backfill.ts';
import {
  backfillInputSchema,
  type BackfillCounts,
  type BackfillInput,
  type BackfillPage,
  type BackfillResult,
} from '../contracts/schedules.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { sideBySide } from './sideBySide.ts';

const { planBackfill } = stepsOf(WORKFLOWS.scheduleBackfill.steps).by<BackfillActivities>();

/**
 * Runs what a schedule would have run in a span of time, a bounded number at once. The run of a time has the id that the schedule would have given
 * it, so that no time is run twice, whoever else runs it.
 */
export async function scheduleBackfill(given: BackfillInput): Promise<BackfillResult> {
  const input = parseInput(backfillInputSchema, given);
  const { schedule_id, start, end, carried } = input;
  const page = await planBackfill(input);
  const counts = await runPage(page, input, carried?.counts ?? { succeeded: 0, failed: 0, already_run: 0 });
  if (page.next !== null) await continueAsNew<typeof scheduleBackfill>({ ...input, carried: { after: page.next, counts } });
  return { schedule_id, start, end, ...counts };
}

/** Runs the times of a page, as many at once as may be. A run that fails leaves the others be. */
async function runPage(page: BackfillPage, input: BackfillInput, before: BackfillCounts): Promise<BackfillCounts> {
  const counts = { ...before, already_run: before.already_run + page.already_run };
  // All of them, also when cancelled: each waits for its own run to end.
  for (const outcome of await sideBySide(page.times, input.max_concurrent, (time) => runTime(page, input, time))) {
    if (outcome.status === 'rejected') throw outcome.reason;
    counts[outcome.value] += 1;
  }
  return counts;
}

/** What Temporal itself says of the runs of a schedule. */
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');
const SCHEDULED_FOR = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

async function runTime(page: BackfillPage, { schedule_id, reprocess }: BackfillInput, time: string): Promise<keyof BackfillCounts> {
  const workflowId = `${page.workflow_id}-${time}`;
  try {
    await executeChild(page.workflow, {
      workflowId,
      workflowIdReusePolicy: reprocess === 'failed' ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'REJECT_DUPLICATE',
      args: [page.input],
      typedSearchAttributes: [
        { key: SCHEDULED_BY, value: schedule_id },
        { key: SCHEDULED_FOR, value: new Date(time) },
      ],
    });
    return 'succeeded';
  } catch (error) {
    // A run that somebody cancelled by itself has failed; the backfill goes on unless it was cancelled too.
    if (CancellationScope.current().consideredCancelled) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already_run';
    log.warn('a run of the backfill failed', { run_id: workflowId, error });
    return 'failed';
  }
}
