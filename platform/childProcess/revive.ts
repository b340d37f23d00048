import { Failure } from '../../contracts/failures.ts';
import type { CallFailure } from './child.ts';

/** What was thrown in another process, to be thrown in this one: a Failure with its kind, type and fields, else an error with its words. */
export function revive({ message, stack, failure }: CallFailure): Error {
  if (failure) return new Failure(failure.kind, message, { type: failure.type, errors: failure.errors });
  const error = new Error(message);
  if (stack) error.stack = stack;
  return error;
}
