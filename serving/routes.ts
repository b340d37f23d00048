import express, { type Request, type Router } from 'express';
import { predictBodySchema, recommendBodySchema, similarBodySchema, type AnsweredBy, type Route } from '../contracts/recommendations.ts';
import type { Answers } from '../domain/serving/answers.ts';
import type { ModelShelf } from '../domain/serving/modelShelf.ts';
import { ROUTE_MODELS } from '../domain/serving/routes.ts';
import { parseBody } from '../platform/http/validate.ts';
import type { Endpoint, ServingMetrics } from './metrics.ts';

export interface ServingRoutesParts {
  readonly answers: Answers;
  readonly shelf: Pick<ModelShelf, 'loaded'>;
  readonly metrics: ServingMetrics;
  /** Catalogue ids of movies as callers name them. */
  readonly movieIdsOf: (refs: readonly string[]) => Promise<string[]>;
}

/** `POST /predict`, `/recommend`, `/similar`, and at `/` what answers them. */
export function servingRoutes({ answers, shelf, metrics, movieIdsOf }: ServingRoutesParts): Router {
  const router = express.Router();

  function answer<B extends { route: Route }, A extends { model: AnsweredBy }>(
    endpoint: Endpoint,
    parseRequest: (req: Request) => B,
    respond: (body: B) => A | Promise<A>,
  ) {
    router.post(`/${endpoint}`, async (req, res) => {
      const body = parseRequest(req);
      const startedAt = performance.now();
      const answered = await respond(body);
      metrics.observeAnswer(endpoint, body.route, answered.model, startedAt);
      res.json(answered);
    });
  }

  answer(
    'predict',
    (req) => parseBody(predictBodySchema, req),
    async (body) => answers.predict({ ...body, movie_ids: await movieIdsOf(body.movie_ids) }),
  );
  answer('recommend', (req) => parseBody(recommendBodySchema, req), answers.recommend);
  answer(
    'similar',
    (req) => parseBody(similarBodySchema, req),
    async (body) => {
      const [movieId = ''] = await movieIdsOf([body.movie_id]);
      return answers.similar({ ...body, movie_id: movieId });
    },
  );

  router.get('/', (_req, res) => {
    res.json({
      name: 'movie-mlops model server',
      models: shelf.loaded().map(({ name, version }) => ({ name, version })),
      routes: ROUTE_MODELS,
    });
  });
  return router;
}
