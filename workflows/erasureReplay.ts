import type { ErasureActivities } from '../activities/erasure.ts';
import { erasureReplayInputSchema, type ErasureReplayInput, type ErasureReplayResult } from '../contracts/erasure.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { mergeErasures, repeatErasures } = stepsOf(WORKFLOWS.erasureReplay.steps).by<ErasureActivities>();

/** After a backup was restored: erases again every user who was erased and is here. */
export async function erasureReplay(given: ErasureReplayInput = {}): Promise<ErasureReplayResult> {
  parseInput(erasureReplayInputSchema, given);
  return repeatErasures({ known: await mergeErasures() });
}
