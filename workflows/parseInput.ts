import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import type { FailureType } from '../contracts/failures.ts';

/**
 * The input with its defaults. A run that the Temporal UI or a schedule started has not been through the API's check.
 * @throws a non-retryable failure that names each field at fault
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  throw ApplicationFailure.nonRetryable(faults.join('; '), 'InvalidSpec' satisfies FailureType);
}
