import express, { type Express, type Router } from 'express';
import type { Server } from 'node:http';
import type { Registry } from 'prom-client';
import type { Access } from '../config.ts';
import type { Health } from '../health.ts';
import type { Logger } from '../log.ts';
import { controlAccess } from './access.ts';
import { answerProblems, refuseUnknownRoute } from './problems.ts';
import { measureRequests } from './measure.ts';
import { healthRoutes } from './health.ts';
import { identifyRequests } from './requestId.ts';

const BODY_LIMIT = '1mb';

export interface HttpAppParts {
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: Health;
  readonly access: Access;
  /** Health in the words of another tool, told to anyone, before our own. */
  readonly probes?: Router;
  /** The surface's own routes; none for a process that only reports health and metrics. */
  readonly routes?: Router;
}

/** The Express app that every process's HTTP surface is made from: ids, log, metrics, who may call, health, problems. */
export function createHttpApp({ log, metrics, health, access, probes, routes }: HttpAppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(identifyRequests(log));
  app.use(measureRequests(metrics));
  if (probes) app.use(probes);
  app.use(controlAccess(access));
  app.use(healthRoutes(health, metrics));
  app.use(express.json({ limit: BODY_LIMIT, strict: false }));
  if (routes) app.use(routes);
  app.use(refuseUnknownRoute);
  app.use(answerProblems(log));
  return app;
}

/** Listens, and gives back a close that lets the requests in flight end. */
export function listenHttp(
  app: Express,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error?: Error) => {
      if (error) return reject(error);
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : port, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
