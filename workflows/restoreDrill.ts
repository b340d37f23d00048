import type { BackupActivities } from '../activities/backup.ts';
import { restoreDrillInputSchema, type RestoreDrillInput, type RestoreDrillResult } from '../contracts/backup.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { drillRestore } = stepsOf(WORKFLOWS.restoreDrill.steps).by<BackupActivities>();

/** Whether the newest backup can be restored, and how long that takes. */
export async function restoreDrill(given: RestoreDrillInput = {}): Promise<RestoreDrillResult> {
  parseInput(restoreDrillInputSchema, given);
  return drillRestore();
}
