import type { FieldError } from '../contracts/bounded.ts';
import { isPassingStatus, type ProblemBody } from '../contracts/problem.ts';

/** What came back, as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** A call that came to nothing. */
export abstract class CallFailed extends Error {
  constructor(
    message: string,
    /** Such as `GET /api/v1/runs?limit=5` */
    readonly call: string,
    /** Undefined where nobody answered */
    readonly answer: RawAnswer | undefined,
  ) {
    super(message);
  }
}

/** The API refused: its own problem body (RFC 9457). */
export class ApiProblem extends CallFailed {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly detail: string;
  /** Each field at fault, such as `body.input.seed` */
  readonly errors: readonly FieldError[];
  constructor(
    readonly problem: ProblemBody,
    call: string,
    answer: RawAnswer,
  ) {
    super(problem.detail, call, answer);
    this.status = answer.status;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
  }
}

/** There is no such API: nobody answers at the address, or what answers is something else. */
export class NoSuchApi extends CallFailed {
  override readonly name = 'NoSuchApi';
  /** Why nobody answered, such as `ECONNREFUSED`; undefined where somebody did */
  readonly reason: string | undefined;
  constructor(message: string, call: string, { answer, reason }: { answer?: RawAnswer; reason?: string }) {
    super(message, call, answer);
    this.reason = reason;
  }
}

/** What passes by itself: nobody answers, or the API or an engine behind it is busy or down for a moment. */
export const isPassing = (error: unknown): boolean =>
  error instanceof CallFailed && (error.answer === undefined || isPassingStatus(error.answer.status));
