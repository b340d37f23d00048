import type { z } from 'zod';
import { fieldErrorsOf, fieldErrorsText, tooLarge } from '../contracts/bounded.ts';
import { WORKFLOW_INPUT_BYTES } from '../contracts/sizes.ts';
import { failure } from './failure.ts';

/**
 * The input with its defaults. A run that the Temporal UI or a schedule started has not been through the API's check.
 * @throws a failure `InvalidSpec` that names each field at fault, in words that leave the input out
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const reason = tooLarge(input, WORKFLOW_INPUT_BYTES);
  if (reason) throw failure('InvalidSpec', `input: ${reason}`);
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw failure('InvalidSpec', fieldErrorsText(fieldErrorsOf(parsed.error)));
}
