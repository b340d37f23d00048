import type { ErrorRequestHandler } from 'express';
import { clip } from '../../contracts/bounded.ts';
import { Failure, type FailureKind } from '../../contracts/failures.ts';
import type { ProblemKind } from '../../contracts/problem.ts';
import { FAULTS } from '../../contracts/sizes.ts';
import { PROBLEMS, SAFE_METHODS, toProblem } from '../../platform/http/problems.ts';
import type { Logger } from '../../platform/log.ts';
import { isMlflowPath } from './paths.ts';

/** MLflow's error codes with the statuses that it answers them with (mlflow/exceptions.py of 3.17). */
const STATUS_OF = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  INVALID_STATE: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;
export type MlflowErrorCode = keyof typeof STATUS_OF;

/** An error in MLflow's own words, which its client raises again as an `MlflowException` with this code. Its words are bounded, whatever was sent. */
export class MlflowFault extends Error {
  override readonly name = 'MlflowFault';
  constructor(
    readonly code: MlflowErrorCode,
    message: string,
  ) {
    super(clip(message, FAULTS.textCharacters));
  }
}

export const invalidParameter = (message: string) => new MlflowFault('INVALID_PARAMETER_VALUE', message);
export const missingValue = (parameter: string) => invalidParameter(`Missing value for required parameter '${parameter}'. ${SEE_DOCS}`);
export const SEE_DOCS = 'See the API docs for more information about request parameters.';
export const doesNotExist = (message: string) => new MlflowFault('RESOURCE_DOES_NOT_EXIST', message);
export const alreadyExists = (message: string) => new MlflowFault('RESOURCE_ALREADY_EXISTS', message);
/** MLflow has no such rule, so no words for it: 409, which its clients do not try again. */
export const inService = (what: string) =>
  new MlflowFault(
    'RESOURCE_CONFLICT',
    `${what} cannot be deleted: a version with the alias 'champion' is in service. Take the alias away first.`,
  );

/** What the domain says, in MLflow's codes. */
const CODE_OF_FAILURE: Record<FailureKind, MlflowErrorCode> = {
  missing: 'RESOURCE_DOES_NOT_EXIST',
  conflict: 'RESOURCE_ALREADY_EXISTS',
  invalid: 'INVALID_PARAMETER_VALUE',
  unavailable: 'TEMPORARILY_UNAVAILABLE',
  permanent: 'INTERNAL_ERROR',
};
/** What HTTP has against a request, in MLflow's codes. */
const CODE_OF_PROBLEM: Record<ProblemKind, MlflowErrorCode> = {
  ...CODE_OF_FAILURE,
  missing: 'ENDPOINT_NOT_FOUND',
  badRequest: 'BAD_REQUEST',
  timeout: 'BAD_REQUEST',
  methodNotAllowed: 'ENDPOINT_NOT_FOUND',
  unauthorized: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  tooLarge: 'INVALID_PARAMETER_VALUE',
  unsupportedMedia: 'BAD_REQUEST',
  tooMany: 'REQUEST_LIMIT_EXCEEDED',
};

/** Answers whatever went wrong under MLflow's paths as MLflow does: `{"error_code", "message"}`. */
export const answerAsMlflow =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent || !isMlflowPath(req.path)) return next(error);
    const { code, message, status, retryAfterS } = toAnswer(error, SAFE_METHODS.includes(req.method));
    if (status >= STATUS_OF.INTERNAL_ERROR) log.error({ err: error, status }, 'request failed');
    if (retryAfterS !== undefined) res.set('retry-after', String(retryAfterS));
    res.status(status).json({ error_code: code, message });
  };

/** Answered with HTTP's own status. */
const OF_HTTP: readonly ProblemKind[] = ['timeout', 'methodNotAllowed', 'tooLarge', 'unsupportedMedia'];

function toAnswer(error: unknown, isRead: boolean) {
  if (error instanceof MlflowFault)
    return { code: error.code, message: error.message, status: STATUS_OF[error.code], retryAfterS: undefined };
  if (error instanceof Failure && error.kind !== 'permanent' && error.kind !== 'unavailable') {
    const code = CODE_OF_FAILURE[error.kind];
    return { code, message: error.message, status: STATUS_OF[code], retryAfterS: undefined };
  }
  const { kind, message, retryAfterS } = toProblem(error, isRead);
  const code = CODE_OF_PROBLEM[kind];
  const isOfHttp = OF_HTTP.includes(kind);
  return { code, message, status: isOfHttp ? PROBLEMS[kind].status : STATUS_OF[code], retryAfterS };
}
