import express, { type Router } from 'express';
import type { Registry } from 'prom-client';
import type { Health } from '../health.ts';

/**
 * `/health/live` (the process answers), `/health/ready` and `/health` (the release, each dependency's state; 503 when one is down), `/metrics`.
 * @param metrics of the process; missing where another of its ports shows them, for a scraper that asks both would count all twice
 */
export function healthRoutes(health: Health, metrics: Registry | undefined): Router {
  const router = express.Router();
  router.get('/health/live', (_req, res) => void res.json({ status: 'alive' }));
  router.get(['/health', '/health/ready'], async (_req, res) => {
    const { ready, dependencies } = await health.readiness();
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'unavailable', release: health.release, dependencies });
  });
  if (metrics)
    router.get('/metrics', async (_req, res) => {
      res.set('content-type', metrics.contentType).send(await metrics.metrics());
    });
  return router;
}
