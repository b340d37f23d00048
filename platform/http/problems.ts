import type { ErrorRequestHandler, RequestHandler } from 'express';
import { notFound, Problem, unavailable } from '../../contracts/problem.ts';
import type { Logger } from '../log.ts';
import { isDatabaseUnavailable, isDataRefused } from '../postgres.ts';
import { RedisUnavailable } from '../redis.ts';
import { isTemporalUnavailable } from '../temporal/client.ts';
import { bodyTooLarge } from './bodies.ts';

export const refuseUnknownRoute: RequestHandler = (req) => {
  throw notFound(`There is no ${req.method} ${req.path} here`);
};

/** The one place where an error becomes an answer: a problem body, never a stack trace. */
export const answerProblems =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const problem = toProblem(error, SAFE_METHODS.includes(req.method));
    if (problem.status >= 500) log.error({ err: error, status: problem.status }, 'request failed');
    else if (isDataRefused(error)) log.warn({ err: error, status: problem.status }, 'the database refused what a request had in it');
    if (problem.extra.retryAfterS !== undefined) res.set('retry-after', String(problem.extra.retryAfterS));
    res
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problem.toBody(res.locals['requestId'] as string)));
  };

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** @param isRead such a request brings nothing that is to be kept, so that a refusal of the database is our own fault */
function toProblem(error: unknown, isRead: boolean): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseUnavailable(error)) return unavailable('postgres');
  if (isTemporalUnavailable(error)) return unavailable('temporal');
  if (error instanceof RedisUnavailable) return unavailable('redis');
  if (isDataRefused(error) && !isRead) return new Problem(422, `The database cannot keep what was sent: ${error.message}`);
  return bodyProblem(error) ?? new Problem(500, 'Something went wrong here; the log has it under this request id');
}

/** What express.json says of a body that it cannot read (https://github.com/expressjs/body-parser#errors). */
function bodyProblem(error: unknown): Problem | undefined {
  const { type, message, status } = error as { type?: string; message?: string; status?: number };
  if (type === 'entity.too.large') return bodyTooLarge();
  if (type === 'entity.parse.failed')
    return new Problem(400, `The body is not JSON: ${message}`, { errors: [{ field: 'body', message: 'not JSON' }] });
  if (status !== undefined && status >= 400 && status < 500) return new Problem(status, message ?? 'The request cannot be read');
  return undefined;
}
