import { ApplicationFailure } from '@temporalio/workflow';
import { clip } from '../contracts/bounded.ts';
import type { FailureType } from '../contracts/failures.ts';
import { FAULTS } from '../contracts/sizes.ts';

/** What a workflow ends with: a type of ours and bounded words, for good, whatever retry policy it was started under. */
export const failure = (type: FailureType, words: string, details: { details?: unknown[]; cause?: Error } = {}): ApplicationFailure =>
  ApplicationFailure.create({ type, message: clip(words, FAULTS.textCharacters), nonRetryable: true, ...details });
