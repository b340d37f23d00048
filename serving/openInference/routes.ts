import express, { type Request, type Response, type Router } from 'express';
import { readVersion } from '../../platform/config.ts';
import type { Health } from '../../platform/health.ts';
import { readBytes } from '../../platform/http/bodies.ts';
import type { ServingMetrics } from '../metrics.ts';
import { findModel, versionsOf } from '../scoring/findModel.ts';
import type { Scorer } from '../scoring/scorer.ts';
import { untilLeft } from '../untilLeft.ts';
import { JSON_LENGTH_HEADER, readInferRequest } from './request.ts';
import { inferResponse, OUTPUTS, outputsOf, type InferResponse } from './response.ts';

export interface OpenInferenceParts {
  readonly scorer: Pick<Scorer, 'infer' | 'state'>;
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
export function openInferenceRoutes({ scorer, movieIdsOf, metrics }: OpenInferenceParts): Router {
  const router = express.Router();
  const find = (req: Request) => {
    const { name, version } = namedBy(req);
    return findModel(scorer.state().models, name, version);
  };

  router.get('/v2', async (_req, res) => void res.json({ ...SERVER, version: await readVersion() }));
  router.get(MODEL_PATHS, (req, res) => {
    const { name, kind } = find(req);
    const versions = versionsOf(scorer.state().models, name).map(({ version }) => version);
    res.json({ name, versions, platform: `movie_mlops_${kind}`, ...TENSORS });
  });
  router.get(under('/ready'), (req, res) => {
    const { name } = find(req);
    res.json({ name, ready: true });
  });

  router.post(under('/infer'), readBytes, async (req, res) => {
    find(req); // what is not there is told before what is wrong with its tensors
    const startedAt = performance.now();
    const { request, userIds, movieRefs, shape } = readInferRequest(bytesOf(req), req.get(JSON_LENGTH_HEADER));
    const outputs = outputsOf(request);
    const pairs = { userIds, movieIds: await movieIdsOf(movieRefs) };
    const { model, scores } = await scorer.infer({ ...namedBy(req), ...pairs }, untilLeft(res));
    metrics.observeAnswer('infer', NO_ROUTE, model, startedAt);
    send(res, inferResponse(model, { id: request.id, outputs, scores, shape }));
  });
  return router;
}

function namedBy({ params }: Request): { name: string; version: string | undefined } {
  const { model, version } = params as { model: string; version?: string };
  return { name: model, version };
}

const TENSORS = {
  inputs: ['user_id', 'movie_id'].map((name) => ({ name, datatype: 'BYTES', shape: [-1] })),
  outputs: Object.entries(OUTPUTS).map(([name, { datatype }]) => ({ name, datatype, shape: [-1] })),
};

const bytesOf = ({ body }: Request): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

function send(res: Response, { json, binary }: InferResponse): void {
  if (binary.length === 0) return void res.json(json);
  const head = Buffer.from(JSON.stringify(json));
  res.set(JSON_LENGTH_HEADER, String(head.length)).type('application/octet-stream');
  res.send(Buffer.concat([head, ...binary]));
}
