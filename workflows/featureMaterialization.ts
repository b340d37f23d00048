import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { MaterializationActivities } from '../activities/materialization.ts';
import {
  materializationInputSchema,
  type MaterializationInput,
  type MaterializationResult,
  type ViewWindow,
} from '../contracts/materialization.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';

const { resolveViews, computeFeatures, bringOnline } = proxyActivities<MaterializationActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 20 }, // outlasts a store that restarts
});

/** Brings feature views up to a time: what can be computed is computed, then the latest row of each entity goes to the online store. */
export async function featureMaterialization(given: MaterializationInput): Promise<MaterializationResult> {
  const { views, start, end = workflowInfo().startTime.toISOString(), full } = parseInput(materializationInputSchema, given);
  const names = await resolveViews(views);
  return { views: await Promise.all(names.map((view) => materializeView({ view, ...(start !== undefined && { start }), end, full }))) };
}

async function materializeView(window: ViewWindow): Promise<MaterializationResult['views'][number]> {
  const { view, end } = window;
  const { computed } = await computeFeatures(window);
  const { online, start } = await bringOnline(window);
  return { view, computed, online, start, end: new Date(end).toISOString() };
}
