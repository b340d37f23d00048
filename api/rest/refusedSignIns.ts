import type { RequestHandler } from 'express';
import { session } from '../../contracts/endpoints/session.ts';
import { outOfAudit } from '../../platform/audit.ts';
import { PROBLEMS } from '../../platform/http/problems.ts';
import { createRateLimiter } from '../../platform/http/rateLimiter.ts';
import type { ApiDeps } from '../deps.ts';

/** A guesser fills no log that is kept for a year; how often they were refused the request log has. */
const NOTED_PER_MINUTE = 30;
const REFUSED: readonly number[] = [PROBLEMS.unauthorized.status, PROBLEMS.forbidden.status];

/**
 * Writes down sign-ins that were refused, with the address that they came from. What was sent as a name is not told: it may be a password in the wrong field.
 * Where nobody can write it down, the answer stays what it is.
 */
export function noteRefusedSignIns({ auditor, log }: Pick<ApiDeps, 'auditor' | 'log'>): RequestHandler {
  const limiter = createRateLimiter(NOTED_PER_MINUTE);
  return (req, res, next) => {
    if (req.method !== 'POST' || req.path !== session.open.path) return next();
    res.once('finish', () => {
      if (!REFUSED.includes(res.statusCode) || limiter.take('all')?.isAllowed === false) return;
      const audited = auditor.open({
        who: `unknown, from ${req.socket.remoteAddress?.replace('::ffff:', '') ?? 'nowhere'}`,
        what: `POST ${session.open.path}`,
        target: session.open.path,
        requestId: String(res.locals['requestId']),
      });
      outOfAudit(() => audited.begin())
        .then(() => audited.answered(res.statusCode))
        .catch((error: unknown) => log.error({ err: error }, 'a refused sign-in is not written down in the audit log'));
    });
    next();
  };
}
