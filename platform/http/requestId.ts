import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { withLogContext, type Logger } from '../log.ts';

const HEADER = 'x-request-id';
const ACCEPTABLE = /^[\w.:-]{1,100}$/;
/** Probes come every few seconds and say nothing new. */
const QUIET = /^\/(health|metrics)/;

/** Gives each request an id (the caller's own where it sends one), says it in every log line and in the answer, and logs one line at its end. */
export const identifyRequests =
  (log: Logger): RequestHandler =>
  (req, res, next) => {
    const sent = req.get(HEADER) ?? '';
    const requestId = ACCEPTABLE.test(sent) ? sent : randomUUID();
    const startedAt = performance.now();
    res.locals['requestId'] = requestId;
    res.set(HEADER, requestId);
    withLogContext({ request_id: requestId }, () => {
      res.on('finish', () => {
        const level = QUIET.test(req.path) ? 'debug' : 'info';
        const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
        log[level](
          { request_id: requestId, method: req.method, path: req.originalUrl, status: res.statusCode, duration_ms: durationMs },
          'request',
        );
      });
      next();
    });
  };
