import express, { type Response } from 'express';
import { pathOfRun } from '../../contracts/endpoints/runs.ts';
import { createHttpApp, type HttpApp } from '../../platform/http/app.ts';
import { requireRole, type Principal } from '../../platform/http/access.ts';
import type { ApiDeps } from '../deps.ts';
import { measuredReadFeatures } from '../featureServing.ts';
import { sendBrowsersTo } from '../console/sendBrowsers.ts';
import { answerFaults } from './faults.ts';
import { isAsync, materializeIncremental, materializeWindow, type Accepted } from './materialize.ts';
import { createOfflineStore } from './offline/offlineStore.ts';
import { createOnlineFeatures } from './onlineFeatures.ts';
import { definitionsPython, featureStoreYaml } from './repository.ts';
import { takePush, takeWrite } from './writes.ts';

/** The feature server of Feast, by HTTP, and its remote offline store, for its own clients. What differs from Feast, and why, is in docs/feature-server.md. */
export function createFeastApi(deps: ApiDeps): HttpApp {
  const { definitions, onlineStore: store } = deps;
  const writes = { pool: deps.pool, store, definitions };
  const answerOnlineFeatures = createOnlineFeatures({ ...writes, read: measuredReadFeatures(deps.metrics, 'feast') });
  const routes = express.Router();

  routes.post('/get-online-features', requireRole('viewer'), async (req, res) => {
    const text = await answerOnlineFeatures(req.body);
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
  });
  routes.post('/push', requireRole('operator', 'data'), async (req, res) => {
    await takePush(writes, req.body);
    res.status(200).end();
  });
  routes.post('/write-to-online-store', requireRole('operator', 'data'), async (req, res) => {
    await takeWrite(writes, req.body);
    res.json(null);
  });
  for (const [path, materialize] of [
    ['/materialize', materializeWindow],
    ['/materialize-incremental', materializeIncremental],
  ] as const) {
    routes.post(path, requireRole('operator'), async (req, res) => {
      const accepted = await materialize(deps, req, res.locals['principal'] as Principal);
      answerAccepted(res, accepted, isAsync(req));
    });
  }
  routes.get('/feature_store.yaml', requireRole('viewer'), (req, res) => {
    res.type('text/yaml').send(featureStoreYaml(new URL(`${req.protocol}://${req.get('host')}`)));
  });
  routes.get('/definitions.py', requireRole('viewer'), (_req, res) => {
    res.type('text/x-python').send(definitionsPython(definitions));
  });
  routes.use(answerFaults);
  return createHttpApp({ ...deps, pages: sendBrowsersTo(deps.consolePlace, '/console/features'), routes, http2: createOfflineStore(deps) });
}

function answerAccepted(res: Response, { views, runId }: Accepted, isAsync: boolean): void {
  res.location(pathOfRun(runId));
  if (isAsync) res.status(202).json({ status: 'accepted', feature_views: views });
  else res.json(null);
}
