/** What a bare Express app's event loop does under a load: `servingExpress.ts <port>` answers every question with ten movies, and shows Node's own metrics. */
import express from 'express';
import { createMetrics } from '../platform/metrics.ts';

const metrics = createMetrics('express');
const recommendations = Array.from({ length: 10 }, (_, at) => ({ movie_id: String(at + 1), score: 1 / (at + 1) }));
express()
  .disable('x-powered-by')
  .get('/health', (_req, res) => void res.json({}))
  .get('/metrics', async (_req, res) => void res.type(metrics.contentType).send(await metrics.metrics()))
  .post('/recommend', express.json(), (req, res) => void res.json({ ...(req.body as object), recommendations }))
  .listen(Number(process.argv[2]), '127.0.0.1');
