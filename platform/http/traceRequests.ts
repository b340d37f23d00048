import type { RequestHandler } from 'express';
import { readCarrier } from '../../contracts/traceContext.ts';
import { openSpan } from '../traces/traces.ts';

/** Probes come every few seconds and say nothing new, and a stream goes on for hours. */
const QUIET = /^\/((v2\/)?(health|metrics)|api\/v1\/changes)/;
/** From here on it is our fault. */
const SERVER_FAULTS = 500;

/**
 * A span for each request, in the caller's trace where it says one (W3C trace context). It holds the pattern of the route and no address: an address may name a user.
 */
export const traceRequests: RequestHandler = (req, res, next) => {
  const span = QUIET.test(req.path)
    ? undefined
    : openSpan({
        name: req.method,
        kind: 'server',
        attributes: { 'http.request.method': req.method, 'url.scheme': 'http' },
        parent: readCarrier(req.headers) ?? 'none',
      });
  if (!span) return next();
  res.once('close', () => {
    const route = (res.locals['routeOf'] as (() => string) | undefined)?.() ?? 'unmatched';
    span.rename(`${req.method} ${route}`);
    span.set({ 'http.route': route, 'http.response.status_code': res.statusCode });
    span.end(endOf(res));
  });
  span.run(next);
};

const endOf = ({ statusCode, writableFinished }: { statusCode: number; writableFinished: boolean }): string | undefined => {
  if (!writableFinished) return 'aborted';
  return statusCode >= SERVER_FAULTS ? String(statusCode) : undefined;
};
