import express from 'express';
import type { Express } from 'express';
import { createHttpApp } from '../../platform/http/app.ts';
import type { ApiDeps } from '../deps.ts';
import { sendBrowsersTo } from '../console/sendBrowsers.ts';
import { answerAsMlflow } from './faults.ts';
import { createMlflowRoutes, createMlflowStreams, createPageRoutes } from './routes.ts';

/** The version of MLflow whose API this is, as its clients ask it. */
const MLFLOW_VERSION = '3.17.2';

/** The REST API of MLflow's tracking server and model registry, for its own clients. docs/registry.md has what is served. */
export function createMlflowApi(deps: ApiDeps): Express {
  const probes = express
    .Router()
    .get('/health', (_req, res) => void res.type('text/plain').send('OK'))
    .get('/version', (_req, res) => void res.type('text/plain').send(MLFLOW_VERSION));
  const routes = express.Router().use(createPageRoutes(deps), createMlflowRoutes(deps));
  const pages = sendBrowsersTo(deps.consolePlace, '/console/models');
  return createHttpApp({ ...deps, probes, pages, streams: createMlflowStreams(deps), routes, answerFaults: answerAsMlflow(deps.log) });
}
