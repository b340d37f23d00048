import type { Request, RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { EVERY_PROCESS } from '../../contracts/metrics/everyProcess.ts';
import { addMetrics } from '../metrics.ts';

/** Counts and times every request by method, route pattern and status. Unmatched paths share one label, so that a scan makes no new series. The pattern is left in `res.locals.routeOf`. */
export function measureRequests(metrics: Registry): RequestHandler {
  const { http_requests_total: total, http_request_duration_seconds: duration } = requestMetrics(metrics);
  return (req, res, next) => {
    const stop = duration.startTimer();
    const routeOf = watchRoute(req);
    res.locals['routeOf'] = routeOf;
    res.on('finish', () => {
      const labels = { method: req.method, route: routeOf(), status: String(res.statusCode) };
      total.inc(labels);
      if (res.locals['isStream'] !== true) stop(labels); // how long somebody listened is no time to answer
    });
    next();
  };
}

/** The surfaces of one process share them, and what they speak beside HTTP too. */
export const requestMetrics = (metrics: Registry) => addMetrics(metrics, EVERY_PROCESS.requests);

/**
 * The pattern of the route that a request met, with the prefix of the router it stands in. That prefix is looked at when the route is met: once
 * the router is left, as an error leaves it for whoever answers it, Express has taken the prefix back.
 */
function watchRoute(req: Request): () => string {
  let route: unknown;
  let pattern = 'unmatched';
  Object.defineProperty(req, 'route', {
    get: () => route,
    set(met: { path: string } | undefined) {
      route = met;
      if (met) pattern = `${req.baseUrl}${met.path}`;
    },
  });
  return () => pattern;
}
