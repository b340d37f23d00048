import express, { type Request, type Response, type Router } from 'express';
import { missing } from '../../contracts/failures.ts';
import { CHAMPION } from '../../contracts/models.ts';
import type { LoadedModel, ModelShelf } from '../../domain/serving/modelShelf.ts';
import type { ScorePairs } from '../../domain/serving/scorePairs.ts';
import { readVersion } from '../../platform/config.ts';
import type { Health } from '../../platform/health.ts';
import { readBytes } from '../../platform/http/bodies.ts';
import type { ServingMetrics } from '../metrics.ts';
import { untilLeft } from '../untilLeft.ts';
import { JSON_LENGTH_HEADER, readInferRequest } from './request.ts';
import { inferResponse, OUTPUTS, outputsOf, type InferResponse } from './response.ts';

export interface OpenInferenceParts {
  readonly shelf: Pick<ModelShelf, 'find' | 'loaded' | 'hold'>;
  readonly scorePairs: ScorePairs;
  /** Catalogue ids of movies as callers name them; a name that nobody has stays as it is. */
  readonly movieIdsOf: (refs: readonly string[]) => Promise<string[]>;
  readonly metrics: Pick<ServingMetrics, 'observeAnswer'>;
}

const SERVER = { name: 'movie-mlops', extensions: ['binary_tensor_data'] };
/** What stands in the place of a route in the metrics. */
const NO_ROUTE = 'none';
const MODEL_PATHS = ['/v2/models/:model', '/v2/models/:model/versions/:version'];
const under = (rest: string) => MODEL_PATHS.map((path) => `${path}${rest}`);

/** Health in the protocol's words. */
export const openInferenceProbes = (health: Health): Router =>
  express
    .Router()
    .get('/v2/health/live', (_req, res) => void res.json({ live: true }))
    .get('/v2/health/ready', async (_req, res) => {
      const { ready } = await health.readiness();
      res.status(ready ? 200 : 503).json({ ready });
    });

/** The Open Inference Protocol V2 (https://github.com/kserve/open-inference-protocol) for every loaded version, with the binary tensor data extension. */
export function openInferenceRoutes({ shelf, scorePairs, movieIdsOf, metrics }: OpenInferenceParts): Router {
  const router = express.Router();

  router.get('/v2', async (_req, res) => void res.json({ ...SERVER, version: await readVersion() }));
  router.get(MODEL_PATHS, (req, res) => {
    const { name, model } = findModel(shelf, req);
    res.json({ name, versions: versionsOf(shelf, name).map(({ version }) => version), platform: `movie_mlops_${model.kind}`, ...TENSORS });
  });
  router.get(under('/ready'), (req, res) => {
    const { name } = findModel(shelf, req);
    res.json({ name, ready: true });
  });

  router.post(under('/infer'), readBytes, async (req, res) => {
    const loaded = findModel(shelf, req);
    const letGo = shelf.hold(loaded);
    try {
      const startedAt = performance.now();
      const { request, userIds, movieRefs, shape } = readInferRequest(bytesOf(req), req.get(JSON_LENGTH_HEADER));
      const outputs = outputsOf(request);
      const scores = await scorePairs(loaded, { userIds, movieIds: await movieIdsOf(movieRefs) }, untilLeft(res));
      metrics.observeAnswer('infer', NO_ROUTE, loaded, startedAt);
      send(res, inferResponse(loaded, { id: request.id, outputs, scores, shape }));
    } finally {
      letGo();
    }
  });
  return router;
}

const TENSORS = {
  inputs: ['user_id', 'movie_id'].map((name) => ({ name, datatype: 'BYTES', shape: [-1] })),
  outputs: Object.entries(OUTPUTS).map(([name, { datatype }]) => ({ name, datatype, shape: [-1] })),
};

/**
 * The version that is asked for; where none is, the champion, or the newest where that is not loaded.
 * @throws Failure `missing` where it is not loaded
 */
function findModel(shelf: OpenInferenceParts['shelf'], { params }: Request): LoadedModel {
  const { model: name, version } = params as { model: string; version?: string };
  const versions = versionsOf(shelf, name);
  const found =
    version === undefined ? (shelf.find(`${name}@${CHAMPION}`) ?? versions.at(-1)) : versions.find((loaded) => loaded.version === version);
  if (!found) throw missing(`model ${name}${version === undefined ? '' : ` ${version}`} is not loaded; ${listLoaded(shelf)}`);
  return found;
}

/** Oldest first. */
const versionsOf = (shelf: OpenInferenceParts['shelf'], name: string): LoadedModel[] =>
  shelf
    .loaded()
    .filter((loaded) => loaded.name === name)
    .sort((a, b) => Number(a.version) - Number(b.version));

function listLoaded(shelf: OpenInferenceParts['shelf']): string {
  const loaded = shelf.loaded().map(({ name, version }) => `${name} ${version}`);
  return loaded.length > 0 ? `there are ${loaded.join(', ')}` : 'no model is';
}

const bytesOf = ({ body }: Request): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

function send(res: Response, { json, binary }: InferResponse): void {
  if (binary.length === 0) return void res.json(json);
  const head = Buffer.from(JSON.stringify(json));
  res.set(JSON_LENGTH_HEADER, String(head.length)).type('application/octet-stream');
  res.send(Buffer.concat([head, ...binary]));
}
