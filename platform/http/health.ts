import express, { type Router } from 'express';
import type { Registry } from 'prom-client';
import { STARTED_AT, type Health } from '../health.ts';

/**
 * `/health/live` (the process answers), `/health/ready` and `/health` (the release, since when it runs, each dependency's state; 503 when one is down), `/metrics`.
 * @param metrics of the process; missing where another of its ports shows them, for a scraper that asks both would count all twice
 */
export function healthRoutes(health: Health, metrics: Registry | undefined): Router {
  const router = express.Router();
  router.get('/health/live', (_req, res) => void res.json({ status: 'alive' }));
  router.get(['/health', '/health/ready'], async (_req, res) => {
    const { ready, dependencies } = await health.readiness();
    const status = ready ? 'ready' : 'unavailable';
    res.status(ready ? 200 : 503).json({ status, release: health.release, started_at: STARTED_AT, dependencies });
  });
  if (metrics)
    router.get('/metrics', async (_req, res) => {
      res.set('content-type', metrics.contentType).send(await metrics.metrics());
    });
  return router;
}
