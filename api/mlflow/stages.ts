import type { Stage } from '../../contracts/registry.ts';
import { invalidParameter } from './faults.ts';

export const STAGES: readonly Stage[] = ['None', 'Staging', 'Production', 'Archived'];
/** Those that a transition may clear of other versions. */
const ACTIVE: readonly Stage[] = ['Staging', 'Production'];

/** A stage by its name in capital or small letters. @throws MlflowFault for another word */
export function readStage(word: string): Stage {
  const stage = STAGES.find((known) => known.toLowerCase() === word.toLowerCase());
  if (!stage) throw invalidParameter(`Invalid Model Version stage: ${word}. Value must be one of ${STAGES.join(', ')}.`);
  return stage;
}

/** @throws MlflowFault where others would be archived to make room in a stage that takes any number */
export function checkArchiving(stage: Stage): void {
  if (ACTIVE.includes(stage)) return;
  throw invalidParameter(
    `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
  );
}
