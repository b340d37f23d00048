import type { RetentionActivities } from '../activities/retention.ts';
import { dataRetentionInputSchema, type DataRetentionInput, type DataRetentionResult } from '../contracts/retention.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { removeExpired } = stepsOf(WORKFLOWS.dataRetention.steps).by<RetentionActivities>();

/** Removes what is kept for a number of days, where no loop does. */
export async function dataRetention(given: DataRetentionInput = {}): Promise<DataRetentionResult> {
  parseInput(dataRetentionInputSchema, given);
  return removeExpired();
}
