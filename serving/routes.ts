import express, { type Request, type Response, type Router } from 'express';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  predictBodySchema,
  recommendBatchBodySchema,
  recommendBodySchema,
  similarBodySchema,
  type AnsweredBy,
  type RecommendBody,
} from '../contracts/recommendations.ts';
import type { OwnRefs } from '../domain/catalogue/ownRefs.ts';
import type { Answers } from '../domain/serving/answers.ts';
import type { ModelShelf } from '../domain/serving/modelShelf.ts';
import type { ServedRoutes } from '../domain/serving/servedRoutes.ts';
import { refuseSmallerRole, type Principal } from '../platform/http/access.ts';
import { inRequest, parseBody } from '../platform/http/validate.ts';
import type { Endpoint, ServingMetrics } from './metrics.ts';
import { untilLeft } from './untilLeft.ts';

export interface ServingRoutesParts {
  readonly answers: Answers;
  readonly routes: Pick<ServedRoutes, 'all'>;
  readonly shelf: Pick<ModelShelf, 'loaded'>;
  readonly metrics: Pick<ServingMetrics, 'observeAnswer'>;
  /** Catalogue ids of movies as callers name them. */
  readonly movieIdsOf: (refs: readonly string[]) => Promise<string[]>;
  readonly ownRefs: OwnRefs;
}

/** `POST /predict`, `/recommend`, `/recommend/batch`, `/similar`, and at `/` what answers them. */
export function servingRoutes({ answers, routes, shelf, metrics, movieIdsOf, ownRefs }: ServingRoutesParts): Router {
  const router = express.Router();

  async function observed<B extends { route: string }, A extends { model: AnsweredBy }>(
    endpoint: Endpoint,
    req: Request,
    body: B,
    respond: (body: B) => A | Promise<A>,
  ): Promise<A> {
    const startedAt = performance.now();
    const answered = await Promise.resolve(body)
      .then(respond)
      .catch((error: unknown) => {
        throw inRequest(error, req);
      });
    metrics.observeAnswer(endpoint, body.route, answered.model, startedAt);
    return answered;
  }

  function answer<B extends { route: string; variant?: string | undefined }, A extends { model: AnsweredBy }>(
    endpoint: Endpoint,
    parseRequest: (req: Request) => B,
    respond: (body: B) => A | Promise<A>,
  ) {
    router.post(`/${endpoint}`, async (req, res) => {
      const body = parseRequest(req);
      refuseVariant(body, res);
      res.json(await observed(endpoint, req, body, respond));
    });
  }

  async function withOwnIds<Movie extends { movie_id: string }>(movies: readonly Movie[]): Promise<(Movie & { own_id?: string })[]> {
    const refs = await ownRefs(movies.map(({ movie_id }) => movie_id));
    return movies.map((movie) => {
      const ownId = refs.get(movie.movie_id);
      return ownId === undefined ? movie : { ...movie, own_id: ownId };
    });
  }

  async function recommend(body: RecommendBody) {
    const { filter } = body;
    const idsOf = async (refs: readonly string[] | undefined) => refs && (await movieIdsOf(refs));
    const answered = await answers.recommend({
      ...body,
      ...(filter && { filter: { ...filter, exclude_ids: await idsOf(filter.exclude_ids), only_ids: await idsOf(filter.only_ids) } }),
    });
    return { ...answered, recommendations: await withOwnIds(answered.recommendations) };
  }

  answer(
    'predict',
    (req) => parseBody(predictBodySchema, req),
    async (body) => {
      const ids = await movieIdsOf(body.movie_ids);
      const askedFor = new Map(ids.map((id, at) => [id, body.movie_ids[at]!]));
      const answered = await answers.predict({ ...body, movie_ids: ids });
      return {
        ...answered,
        predictions: await withOwnIds(answered.predictions),
        unknown_movie_ids: answered.unknown_movie_ids.map((id) => askedFor.get(id)!),
      };
    },
  );
  answer('recommend', (req) => parseBody(recommendBodySchema, req), recommend);
  router.post('/recommend/batch', async (req, res) => {
    const { user_ids: userIds, ...shared } = parseBody(recommendBatchBodySchema, req);
    refuseVariant(shared, res);
    const left = untilLeft(res);
    const given = [];
    for (const user_id of userIds) {
      await nextTurn(); // others are answered in between
      left.throwIfAborted();
      given.push(await observed('recommend', req, { ...shared, user_id }, recommend));
    }
    res.json({ answers: given });
  });
  answer(
    'similar',
    (req) => parseBody(similarBodySchema, req),
    async (body) => {
      const [movieId = ''] = await movieIdsOf([body.movie_id]);
      const answered = answers.similar({ ...body, movie_id: movieId });
      const [asked] = await withOwnIds([{ movie_id: movieId }]);
      return { ...answered, ...asked, similar: await withOwnIds(answered.similar) };
    },
  );

  router.get('/', (_req, res) => {
    res.json({
      name: 'movie-mlops model server',
      models: shelf.loaded().map(({ name, version }) => ({ name, version })),
      routes: routes.all().map(({ route, revision, variants, shadows }) => ({ route, revision, variants, shadows })),
    });
  });
  return router;
}

function refuseVariant({ variant }: { variant?: string | undefined }, { locals }: Response): void {
  if (variant !== undefined) refuseSmallerRole(locals['principal'] as Principal, 'operator');
}
