import type { Request, RequestHandler } from 'express';
import { Counter, Histogram, type Registry } from 'prom-client';

/** Counts and times every request by method, route pattern and status. Unmatched paths share one label, so that a scan makes no new series. */
export function measureRequests(metrics: Registry): RequestHandler {
  const labelNames = ['method', 'route', 'status'] as const;
  const total = new Counter({ name: 'http_requests_total', help: 'HTTP requests answered', labelNames, registers: [metrics] });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to the end of the answer',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  return (req, res, next) => {
    const stop = duration.startTimer();
    res.on('finish', () => {
      const labels = { method: req.method, route: routeOf(req), status: String(res.statusCode) };
      total.inc(labels);
      stop(labels);
    });
    next();
  };
}

function routeOf(req: Request): string {
  const { path } = (req.route ?? {}) as { path?: string };
  return path === undefined ? 'unmatched' : `${req.baseUrl}${path}`;
}
