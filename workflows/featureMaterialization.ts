import { workflowInfo } from '@temporalio/workflow';
import type { MaterializationActivities } from '../activities/materialization.ts';
import {
  materializationInputSchema,
  type MaterializationInput,
  type MaterializationResult,
  type ViewWindow,
} from '../contracts/materialization.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { resolveViews, computeFeatures, bringOnline } = stepsOf(WORKFLOWS.featureMaterialization.steps).by<MaterializationActivities>();

/**
 * Brings feature views up to a time: what can be computed is computed, then the latest row of each entity goes to the online store. A time that is
 * still to come counts as the start of the run: what happens until then would count as brought online, and never come.
 */
export async function featureMaterialization(given: MaterializationInput): Promise<MaterializationResult> {
  const { views, start, end: asked, full } = parseInput(materializationInputSchema, given);
  const now = workflowInfo().startTime.toISOString();
  const end = asked !== undefined && Date.parse(asked) < Date.parse(now) ? asked : now;
  const names = await resolveViews(views);
  return { views: await Promise.all(names.map((view) => materializeView({ view, ...(start !== undefined && { start }), end, full }))) };
}

async function materializeView(window: ViewWindow): Promise<MaterializationResult['views'][number]> {
  const { view, end } = window;
  const { computed } = await computeFeatures(window);
  const { online, start } = await bringOnline(window);
  return { view, computed, online, start, end: new Date(end).toISOString() };
}
