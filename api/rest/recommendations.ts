import type { IncomingHttpHeaders } from 'node:http';
import { Counter, type Registry } from 'prom-client';
import { z } from 'zod';
import { userIdSchema } from '../../contracts/events.ts';
import { kQuerySchema, recommendationsAnswerSchema } from '../../contracts/recommendations.ts';
import { TMDB_ATTRIBUTION } from '../../contracts/tmdb.ts';
import { titlesOf } from '../../domain/catalogue/movies.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import type { ModelServer, RecommendRequest } from '../modelServer.ts';

export interface RecommendationDeps {
  readonly pool: Pool;
  readonly modelServer: ModelServer;
  readonly metrics: Registry;
}

const tag = 'recommendations';
const userId = userIdSchema.optional().describe('Nobody in particular when missing');

/** The model server's choice, with titles. */
export function createRecommendationEndpoints({ pool, modelServer, metrics }: RecommendationDeps): Endpoint[] {
  const predictions = new Counter({
    name: 'model_predictions_total',
    help: 'Movies recommended by the model server and passed on',
    labelNames: ['model', 'version', 'route'],
    registers: [metrics],
  });

  async function recommend(request: RecommendRequest, headers: IncomingHttpHeaders): Promise<z.infer<typeof recommendationsAnswerSchema>> {
    const { user_id, model, recommendations } = await modelServer.recommend(request, headers);
    const { titles, fromTmdb } = await titlesOf(
      pool,
      recommendations.map(({ movie_id }) => movie_id),
    );
    predictions.inc({ model: model.name, version: model.version, route: request.route }, recommendations.length);
    // A movie that has left the catalogue since the model learned of it has no title to show.
    const titled = recommendations.flatMap(({ movie_id, score }) => {
      const movie = titles.get(movie_id);
      return movie ? [{ ...movie, score }] : [];
    });
    return { user_id, model, recommendations: titled, ...(fromTmdb && { attribution: TMDB_ATTRIBUTION }) };
  }

  return [
    endpoint(
      {
        method: 'get',
        path: '/',
        tag,
        role: 'viewer',
        summary: 'Recommendations by movie_predictor, for nobody in particular',
        query: z.object({ k: kQuerySchema }),
        answer: recommendationsAnswerSchema,
      },
      async ({ query: { k }, headers }) => recommend({ user_id: null, k, route: 'legacy' }, headers),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/recommendations',
        tag,
        role: 'viewer',
        summary: 'Recommendations by the champion, without what the user has seen',
        query: z.object({ k: kQuerySchema, user_id: userId }),
        answer: recommendationsAnswerSchema,
      },
      async ({ query: { k, user_id = null }, headers }) => recommend({ user_id, k, route: 'default' }, headers),
    ),
  ];
}
