import { isPassingStatus, type ProblemBody } from '../contracts/problem.ts';

export const EXIT = { ok: 0, failed: 1, unusable: 2 } as const;

/** The command line was used wrongly, or cannot reach what it needs: exit code 2. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** The API refused: its own problem body, exit code 1. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly problem: ProblemBody) {
    super(problem.detail);
  }
}

/** What goes by itself: nobody answers, or the API or an engine behind it is busy or down for a moment. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unusable || (error instanceof Refused && isPassingStatus(error.problem.status));

/** One line a field at fault, else the detail. */
export const problemLines = ({ title, detail, errors }: ProblemBody): string[] =>
  errors?.length ? errors.map(({ field, message }) => `${field}: ${message}`) : [`${title}: ${detail}`];
