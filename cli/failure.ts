import { isPassing, NoSuchApi } from '../client/index.ts';
import { Failure } from '../contracts/failures.ts';
import type { ProblemBody } from '../contracts/problem.ts';

export const EXIT = { ok: 0, failed: 1, unusable: 2 } as const;

/** The command line was used wrongly, or cannot reach what it needs: exit code 2. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** What was asked for did not come about: exit code 1. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

/**
 * An error as the command line says it: what is not there did not come about; what cannot be asked, or where no API is, cannot be used.
 * @param advice where nothing answers
 */
export function inOurWords(error: unknown, advice = 'Start the platform with `npm start`, or name another with --api.'): unknown {
  if (error instanceof Failure) return error.kind === 'missing' ? new Failed(error.message) : new Unusable(error.message);
  if (!(error instanceof NoSuchApi)) return error;
  return new Unusable(error.reason === undefined ? error.message : `${error.message}. ${advice}`);
}

/** What goes by itself while something is waited for: also what else answers in the API's place, while it starts. */
export const passesByItself = (error: unknown): boolean => error instanceof NoSuchApi || isPassing(error);

/** The parts of a request, which who writes a command does not know. */
const REQUEST_PARTS = /^(body|query|params)\.(input\.)?/;

/** One line a field at fault, else the detail. */
export const problemLines = ({ title, detail, errors }: ProblemBody): string[] =>
  errors?.length ? errors.map(({ field, message }) => `${field.replace(REQUEST_PARTS, '')}: ${message}`) : [`${title}: ${detail}`];
