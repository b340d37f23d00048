import type { ErrorRequestHandler } from 'express';
import { PROBLEMS, SAFE_METHODS, toProblem } from '../../platform/http/problems.ts';
import type { Logger } from '../../platform/log.ts';

const PATH = /^\/v2(\/|$)/i;

/** Answers whatever went wrong under the protocol's paths as it asks: `{"error"}`, 400 where something that was sent is wrong. */
export const answerAsOpenInference =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent || !PATH.test(req.path)) return next(error);
    const { kind, message, retryAfterS } = toProblem(error, SAFE_METHODS.includes(req.method));
    const { status } = PROBLEMS[kind === 'invalid' ? 'badRequest' : kind];
    if (status >= 500) log.error({ err: error, status }, 'request failed');
    if (retryAfterS !== undefined) res.set('retry-after', String(retryAfterS));
    res.status(status).json({ error: message });
  };
