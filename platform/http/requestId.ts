import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { withLogContext, type Logger } from '../log.ts';
import { traceIds } from '../traces/traces.ts';

const HEADER = 'x-request-id';
const ACCEPTABLE = /^[\w.:-]{1,100}$/;
/** Probes come every few seconds and say nothing new. */
const QUIET = /^\/(health|metrics)/;

/** A log is kept as it is: it names no user, who may be erased one day. */
export function withoutUsers(address: string): string {
  const named = address.includes('/messages?') ? /([?&](?:user_id|filter)=)[^&]*/g : /([?&]user_id=)[^&]*/g;
  return address.replace(/(\/users\/)[^/?]+/, '$1…').replace(named, '$1…');
}

/** Gives each request an id (the caller's own where it sends one), says it in every log line and in the answer, and logs one line at its end. */
export const identifyRequests =
  (log: Logger): RequestHandler =>
  (req, res, next) => {
    const sent = req.get(HEADER) ?? '';
    const requestId = ACCEPTABLE.test(sent) ? sent : randomUUID();
    const startedAt = performance.now();
    const trace = traceIds(); // what tells of the end runs outside of the span
    res.locals['requestId'] = requestId;
    res.set(HEADER, requestId);
    withLogContext({ request_id: requestId }, () => {
      res.on('finish', () => {
        const level = QUIET.test(req.path) ? 'debug' : 'info';
        const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
        log[level](
          {
            request_id: requestId,
            ...trace,
            method: req.method,
            path: withoutUsers(req.originalUrl),
            status: res.statusCode,
            duration_ms: durationMs,
          },
          'request',
        );
      });
      next();
    });
  };
