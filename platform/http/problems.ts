import type { ErrorRequestHandler } from 'express';
import { clip, type FieldError } from '../../contracts/bounded.ts';
import { Failure, unavailable } from '../../contracts/failures.ts';
import type { ProblemBody, ProblemKind } from '../../contracts/problem.ts';
import { FAULTS } from '../../contracts/sizes.ts';
import { asStoreFailure } from '../blobs/faults.ts';
import type { Logger } from '../log.ts';
import { isKafkaTrouble } from '../kafka/recordRefused.ts';
import { isDatabaseUnavailable, isDataRefused } from '../postgres.ts';
import { RedisUnavailable } from '../redis.ts';
import { isTemporalUnavailable } from '../temporal/client.ts';

/** The problems that our routes answer, with their statuses: what HTTP itself refuses, and each kind of failure of the domain. */
export const PROBLEMS = {
  badRequest: { status: 400, title: 'Bad request', meaning: 'The request cannot be read, for example a body that is not JSON' },
  unauthorized: { status: 401, title: 'Unauthorized', meaning: 'Credentials are missing or unknown' },
  forbidden: { status: 403, title: 'Forbidden', meaning: "The caller's role is too small, or the Host or Origin is not served" },
  timeout: { status: 408, title: 'Request timeout', meaning: 'The body stands still or trickles' },
  methodNotAllowed: { status: 405, title: 'Method not allowed', meaning: 'The path is served by other methods, which Allow lists' },
  missing: { status: 404, title: 'Not found', meaning: 'There is no such thing' },
  conflict: { status: 409, title: 'Conflict', meaning: 'It stands against the present state' },
  tooLarge: { status: 413, title: 'Body too large', meaning: 'The body is larger than 1 MB' },
  unsupportedMedia: { status: 415, title: 'Unsupported media type', meaning: 'The body is not application/json' },
  invalid: { status: 422, title: 'Validation failed', meaning: 'A field has a wrong value; `errors` names it' },
  tooMany: {
    status: 429,
    title: 'Too many requests',
    meaning: 'More requests than the caller may send in a minute; try again after Retry-After seconds',
  },
  permanent: { status: 500, title: 'Internal error', meaning: 'Something went wrong here; the log has it under the request id' },
  unavailable: {
    status: 503,
    title: 'Service unavailable',
    meaning: 'An engine that the answer needs is not there; try again after Retry-After seconds',
  },
} as const satisfies Record<ProblemKind, { status: number; title: string; meaning: string }>;

/** What HTTP itself has against a request, and what a surface makes of a failure by its own table. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly errors: readonly FieldError[];
  readonly retryAfterS: number | undefined;
  constructor(
    readonly kind: ProblemKind,
    detail: string,
    { errors = [], retryAfterS }: { errors?: readonly FieldError[]; retryAfterS?: number | undefined } = {},
  ) {
    super(clip(detail, FAULTS.textCharacters));
    this.errors = errors;
    this.retryAfterS = retryAfterS;
  }
}

export const bodyTooLarge = () =>
  new Problem('tooLarge', 'The body is larger than 1 MB', { errors: [{ field: 'body', message: 'at most 1 MB' }] });

export const bodyNotUtf8 = () => new Problem('badRequest', 'The body is not UTF-8', { errors: [{ field: 'body', message: 'not UTF-8' }] });

/** The one place where an error becomes an answer: a problem body, never a stack trace. */
export const answerProblems =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const problem = toProblem(error, SAFE_METHODS.includes(req.method));
    const { status } = PROBLEMS[problem.kind];
    if (status >= 500) log.error({ err: error, status }, 'request failed');
    else if (isDataRefused(error)) log.warn({ err: error, status }, 'the database refused what a request had in it');
    if (problem.retryAfterS !== undefined) res.set('retry-after', String(problem.retryAfterS));
    res
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(toBody(problem, res.locals['requestId'] as string)));
  };

/** Methods that change nothing. */
export const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** @param isRead such a request brings nothing that is to be kept, so that a refusal of the database is our own fault */
export function toProblem(error: unknown, isRead: boolean): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Failure && error.kind !== 'permanent') return toProblemOf(error, error.kind);
  if (isDatabaseUnavailable(error)) return toProblemOf(unavailable('postgres'), 'unavailable');
  if (isTemporalUnavailable(error)) return toProblemOf(unavailable('temporal'), 'unavailable');
  if (error instanceof RedisUnavailable) return toProblemOf(unavailable('redis'), 'unavailable');
  if (isKafkaTrouble(error)) return toProblemOf(unavailable('kafka'), 'unavailable');
  const ofStore = asStoreFailure(error);
  if (ofStore) return toProblemOf(ofStore, 'unavailable');
  if (isDataRefused(error) && !isRead) return new Problem('invalid', `The database cannot keep what was sent: ${error.message}`);
  return bodyProblem(error) ?? new Problem('permanent', 'Something went wrong here; the log has it under this request id');
}

/** A failure, answered as this kind of problem. */
export const toProblemOf = ({ message, errors, retryAfterS }: Failure, kind: ProblemKind): Problem =>
  new Problem(kind, message, { errors, ...(kind === 'unavailable' && { retryAfterS }) });

/** What express.json says of a body that it cannot read (https://github.com/expressjs/body-parser#errors). */
function bodyProblem(error: unknown): Problem | undefined {
  const { type, message = 'The request cannot be read', status = 500 } = error as { type?: string; message?: string; status?: number };
  if (type === 'entity.too.large') return bodyTooLarge();
  if (type === 'entity.parse.failed')
    return new Problem('badRequest', `The body is not JSON: ${message}`, { errors: [{ field: 'body', message: 'not JSON' }] });
  if (status === PROBLEMS.unsupportedMedia.status) return new Problem('unsupportedMedia', message);
  return status >= 400 && status < 500 ? new Problem('badRequest', message) : undefined;
}

function toBody({ kind, message, errors }: Problem, requestId: string | undefined): ProblemBody {
  const { status, title } = PROBLEMS[kind];
  return {
    type: `/problems/${title.toLowerCase().replaceAll(' ', '-')}`,
    title,
    status,
    detail: message,
    ...(errors.length > 0 && { errors: [...errors] }),
    ...(requestId && { request_id: requestId }),
  };
}
