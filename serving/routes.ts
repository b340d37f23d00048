import express, { type Request, type Response, type Router } from 'express';
import pMap from 'p-map';
import {
  predictBodySchema,
  recommendBatchBodySchema,
  recommendBodySchema,
  similarBodySchema,
  type AnsweredBy,
  type RecommendBody,
} from '../contracts/recommendations.ts';
import type { OwnRefs } from '../domain/catalogue/ownRefs.ts';
import type { ServedLog } from '../domain/serving/servedLog.ts';
import { refuseSmallerRole, type Principal } from '../platform/http/access.ts';
import { inRequest, parseBody } from '../platform/http/validate.ts';
import type { Endpoint, ServingMetrics } from './metrics.ts';
import type { Scorer } from './scoring/scorer.ts';
import { untilLeft } from './untilLeft.ts';

export interface ServingRoutesParts {
  readonly scorer: Pick<Scorer, 'recommend' | 'predict' | 'similar' | 'state'>;
  /** Takes what is recommended, before it is given. */
  readonly served: Pick<ServedLog, 'write'>;
  readonly metrics: Pick<ServingMetrics, 'observeAnswer' | 'countFaults'>;
  /** Catalogue ids of movies as callers name them. */
  readonly movieIdsOf: (refs: readonly string[]) => Promise<string[]>;
  readonly ownRefs: OwnRefs;
}

/** `POST /predict`, `/recommend`, `/recommend/batch`, `/similar`, and at `/` what answers them. */
export function servingRoutes({ scorer, served, metrics, movieIdsOf, ownRefs }: ServingRoutesParts): Router {
  const router = express.Router();

  async function observed<B extends { route: string }, A extends { model: AnsweredBy }>(
    endpoint: Endpoint,
    req: Request,
    body: B,
    respond: (body: B) => Promise<A>,
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
    respond: (body: B, signal: AbortSignal) => Promise<A>,
  ) {
    router.post(`/${endpoint}`, async (req, res) => {
      const body = parseRequest(req);
      refuseVariant(body, res);
      const left = untilLeft(res);
      res.json(await observed(endpoint, req, body, (asked) => respond(asked, left)));
    });
  }

  async function withOwnIds<Movie extends { movie_id: string }>(movies: readonly Movie[]): Promise<(Movie & { own_id?: string })[]> {
    const refs = await ownRefs(movies.map(({ movie_id }) => movie_id));
    return movies.map((movie) => {
      const ownId = refs.get(movie.movie_id);
      return ownId === undefined ? movie : { ...movie, own_id: ownId };
    });
  }

  async function recommend(body: RecommendBody, signal: AbortSignal) {
    const { filter } = body;
    const idsOf = async (refs: readonly string[] | undefined) => refs && (await movieIdsOf(refs));
    const { answer, served: written } = await scorer.recommend(
      {
        ...body,
        ...(filter && { filter: { ...filter, exclude_ids: await idsOf(filter.exclude_ids), only_ids: await idsOf(filter.only_ids) } }),
      },
      signal,
    );
    const recommendations = await withOwnIds(answer.recommendations);
    served.write(written);
    metrics.countFaults(written);
    return { ...answer, recommendations };
  }

  answer(
    'predict',
    (req) => parseBody(predictBodySchema, req),
    async (body) => {
      const ids = await movieIdsOf(body.movie_ids);
      const askedFor = new Map(ids.map((id, at) => [id, body.movie_ids[at]!]));
      const answered = await scorer.predict({ ...body, movie_ids: ids });
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
    const ask = (user_id: string) => observed('recommend', req, { ...shared, user_id }, (body) => recommend(body, left));
    const given = await pMap(userIds, ask, { concurrency: AT_ONCE, signal: left });
    res.json({ answers: given });
  });
  answer(
    'similar',
    (req) => parseBody(similarBodySchema, req),
    async (body) => {
      const [movieId = ''] = await movieIdsOf([body.movie_id]);
      const answered = await scorer.similar({ ...body, movie_id: movieId, called: body.movie_id });
      const [asked] = await withOwnIds([{ movie_id: movieId }]);
      return { ...answered, ...asked, similar: await withOwnIds(answered.similar) };
    },
  );

  router.get('/', (_req, res) => {
    const { models, routes } = scorer.state();
    res.json({
      name: 'movie-mlops model server',
      models: models.map(({ name, version }) => ({ name, version })),
      routes: routes.map(({ route, revision, variants, shadows }) => ({ route, revision, variants, shadows })),
    });
  });
  return router;
}

/** Users of a batch that are answered at a time: other callers get their turns between them. */
const AT_ONCE = 4;

function refuseVariant({ variant }: { variant?: string | undefined }, { locals }: Response): void {
  if (variant !== undefined) refuseSmallerRole(locals['principal'] as Principal, 'operator');
}
