import type { IncomingHttpHeaders } from 'node:http';
import { Counter, type Registry } from 'prom-client';
import type { z } from 'zod';
import { recommendations as described } from '../../contracts/endpoints/recommendations.ts';
import { LEGACY_ROUTE } from '../../contracts/routes.ts';
import { TMDB_ATTRIBUTION } from '../../contracts/tmdb.ts';
import { missing } from '../../contracts/failures.ts';
import { titlesOf } from '../../domain/catalogue/movies.ts';
import { traceAnswer } from '../../domain/serving/trace.ts';
import { refuseSmallerRole } from '../../platform/http/access.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import type { ModelServer, RecommendRequest } from '../modelServer.ts';

export interface RecommendationDeps {
  readonly pool: Pool;
  readonly modelServer: ModelServer;
  readonly metrics: Registry;
  readonly servedKeptDays: number;
}

export function createRecommendationEndpoints({ pool, modelServer, metrics, servedKeptDays }: RecommendationDeps): Endpoint[] {
  const labelNames = ['model', 'version', 'route', 'endpoint'] as const;
  const registers = [metrics];
  const predictions = new Counter({ name: 'model_predictions_total', help: 'Requests that a model answered', labelNames, registers });
  const served = new Counter({ name: 'recommendations_served_total', help: 'Movies recommended to callers', labelNames, registers });

  async function recommend(request: RecommendRequest, headers: IncomingHttpHeaders): Promise<z.input<typeof described.get.answer>> {
    const { recommendation_id, user_id, route, variant, model, recommendations } = await modelServer.recommend(request, headers);
    const { titles, fromTmdb } = await titlesOf(
      pool,
      recommendations.map(({ movie_id }) => movie_id),
    );
    const labels = { model: model.name, version: model.version, route: request.route, endpoint: 'recommend' };
    predictions.inc(labels);
    served.inc(labels, recommendations.length);
    // A movie that has left the catalogue since the model learned of it has no title to show.
    const titled = recommendations.flatMap(({ movie_id, score }) => {
      const movie = titles.get(movie_id);
      return movie ? [{ ...movie, score }] : [];
    });
    return {
      recommendation_id,
      user_id,
      route,
      variant,
      model,
      recommendations: titled,
      ...(fromTmdb && { attribution: TMDB_ATTRIBUTION }),
    };
  }

  return [
    endpoint(described.legacy, async ({ query: { k }, headers }) => recommend({ user_id: null, k, route: LEGACY_ROUTE }, headers)),
    endpoint(described.get, async ({ query: { k, user_id = null, route, variant }, principal, headers }) => {
      if (variant !== undefined) refuseSmallerRole(principal, 'operator');
      return recommend({ user_id, k, route, variant }, headers);
    }),
    endpoint(described.trace, async ({ params: { recommendation_id: id } }) => {
      const trace = await traceAnswer(pool, id, servedKeptDays);
      if (!trace) throw missing(`there is no answer ${id}; they are found a second after they were given, for ${servedKeptDays} days`);
      return trace;
    }),
  ];
}
