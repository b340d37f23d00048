import type { Request, RequestHandler } from 'express';
import { Counter, Histogram, type Registry } from 'prom-client';

/** Counts and times every request by method, route pattern and status. Unmatched paths share one label, so that a scan makes no new series. */
export function measureRequests(metrics: Registry): RequestHandler {
  const { total, duration } = requestMetrics(metrics);
  return (req, res, next) => {
    const stop = duration.startTimer();
    const routeOf = watchRoute(req);
    res.on('finish', () => {
      const labels = { method: req.method, route: routeOf(), status: String(res.statusCode) };
      total.inc(labels);
      stop(labels);
    });
    next();
  };
}

const LABELS = ['method', 'route', 'status'] as const;
type Label = (typeof LABELS)[number];
const TOTAL = 'http_requests_total';
const DURATION = 'http_request_duration_seconds';

/** The surfaces of one process share them, and what they speak beside HTTP too. */
export function requestMetrics(metrics: Registry): { total: Counter<Label>; duration: Histogram<Label> } {
  const known = metrics.getSingleMetric(TOTAL);
  if (known) return { total: known as Counter<Label>, duration: metrics.getSingleMetric(DURATION) as Histogram<Label> };
  const registers = [metrics];
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  return {
    total: new Counter({ name: TOTAL, help: 'HTTP requests answered', labelNames: LABELS, registers }),
    duration: new Histogram({ name: DURATION, help: 'Time from request to the end of the answer', labelNames: LABELS, buckets, registers }),
  };
}

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
