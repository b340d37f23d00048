import { workflowInfo } from '@temporalio/workflow';
import type { DriftActivities } from '../activities/drift.ts';
import { driftMonitorInputSchema, type DriftMonitorInput, type DriftMonitorResult, type JudgedModel } from '../contracts/drift.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { planDrift, judgeDrift } = stepsOf(WORKFLOWS.driftMonitor.steps).by<DriftActivities>();

/** Judges each champion, one after the other: each reads what it learnt from into memory. */
export async function driftMonitor(given: DriftMonitorInput = {}): Promise<DriftMonitorResult> {
  const { models, until = workflowInfo().startTime.toISOString(), ...settings } = parseInput(driftMonitorInputSchema, given);
  const { models: champions, from, to } = await planDrift({ models, until, window_days: settings.window_days });
  const judged: JudgedModel[] = [];
  for (const { name, version } of champions) judged.push(await judgeDrift({ name, version, from, to, settings }));
  return { from, to, models: judged };
}
