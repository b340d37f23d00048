import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { clip, tooLarge } from '../contracts/bounded.ts';
import type { FailureType } from '../contracts/failures.ts';
import { FAULTS, WORKFLOW_INPUT_BYTES } from '../contracts/sizes.ts';

/**
 * The input with its defaults. A run that the Temporal UI or a schedule started has not been through the API's check.
 * @param mostBytes of the input as JSON
 * @throws a non-retryable failure that names each field at fault, in words that leave the input out
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown, mostBytes = WORKFLOW_INPUT_BYTES): z.output<S> {
  const reason = tooLarge(input, mostBytes);
  if (reason) throw invalidSpec(`input: ${reason}`);
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, FAULTS.most)
    .map(({ path, message }) => `${path.join('.') || 'input'}: ${clip(message, FAULTS.messageCharacters)}`);
  throw invalidSpec(faults.join('; '));
}

const invalidSpec = (reason: string) =>
  ApplicationFailure.nonRetryable(clip(reason, FAULTS.textCharacters), 'InvalidSpec' satisfies FailureType);
