import type { SystemCheckActivities } from '../activities/systemCheck.ts';
import { fullSystemCheckInputSchema, type FullSystemCheckInput, type FullSystemCheckResult } from '../contracts/systemCheck.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { askSystems } = stepsOf(WORKFLOWS.fullSystemCheck.steps).by<SystemCheckActivities>();

/** Asks each of the nine systems whether it is well. One that is not is the result, and no failure of the run. */
export async function fullSystemCheck(given: FullSystemCheckInput = {}): Promise<FullSystemCheckResult> {
  parseInput(fullSystemCheckInputSchema, given);
  return askSystems();
}
