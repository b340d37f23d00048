import type { IncomingHttpHeaders } from 'node:http';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { recommendations as described } from '../../contracts/endpoints/recommendations.ts';
import { API } from '../../contracts/metrics/api.ts';
import { LEGACY_ROUTE } from '../../contracts/routes.ts';
import { TMDB_ATTRIBUTION } from '../../contracts/tmdb.ts';
import { missing } from '../../contracts/failures.ts';
import { titlesOf } from '../../domain/catalogue/movies.ts';
import { traceAnswer } from '../../domain/serving/trace.ts';
import { refuseSmallerRole } from '../../platform/http/access.ts';
import { addMetrics } from '../../platform/metrics.ts';
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
  const { model_predictions_total: predictions, recommendations_served_total: served } = addMetrics(metrics, API.recommendations);

  async function recommend(request: RecommendRequest, headers: IncomingHttpHeaders): Promise<z.input<typeof described.get.answer>> {
    const { recommendation_id, user_id, route, variant, model, recommendations } = await modelServer.recommend(request, headers);
    const { titles, fromTmdb } = await titlesOf(
      pool,
      recommendations.flatMap(({ movie_id, reason }) => [movie_id, ...(reason?.movie_id === undefined ? [] : [reason.movie_id])]),
    );
    const labels = { model: model.name, version: model.version, route: request.route, endpoint: 'recommend' };
    predictions.inc(labels);
    served.inc(labels, recommendations.length);
    // A movie that has left the catalogue since the model learned of it has no title to show.
    const titled = recommendations.flatMap(({ movie_id, score, reason }) => {
      const movie = titles.get(movie_id);
      const title = titles.get(reason?.movie_id ?? '')?.title;
      return movie ? [{ ...movie, score, ...(reason && { reason: { ...reason, ...(title !== undefined && { title }) } }) }] : [];
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
    endpoint(described.legacy, async ({ query: { k }, headers }) =>
      recommend({ user_id: null, k, exclude_seen: true, route: LEGACY_ROUTE, explain: false }, headers),
    ),
    endpoint(
      described.get,
      async ({ query: { k, user_id = null, exclude_seen, route, variant, diversity, ...wanted }, principal, headers }) => {
        if (variant !== undefined) refuseSmallerRole(principal, 'operator');
        const asked = {
          user_id,
          k,
          exclude_seen: exclude_seen === 'true',
          route,
          variant,
          diversity,
          filter: filterOf(wanted),
          explain: true,
        };
        return recommend(asked, headers);
      },
    ),
    endpoint(described.trace, async ({ params: { recommendation_id: id } }) => {
      const trace = await traceAnswer(pool, id, servedKeptDays);
      if (!trace) throw missing(`there is no answer ${id}; they are found a second after they were given, for ${servedKeptDays} days`);
      return trace;
    }),
  ];
}

interface Wanted {
  readonly genres?: string | undefined;
  readonly exclude_genres?: string | undefined;
  readonly year_from?: number | undefined;
  readonly year_to?: number | undefined;
  readonly exclude?: string | undefined;
  readonly only?: string | undefined;
}

/** Undefined where nothing is asked for. */
function filterOf({ genres, exclude_genres, year_from: from, year_to: to, exclude, only }: Wanted): RecommendRequest['filter'] {
  const listed = (text: string | undefined) => text?.split(',').map((part) => part.trim());
  const years = from === undefined && to === undefined ? undefined : { from, to };
  const lists = { genres: listed(genres), exclude_genres: listed(exclude_genres), exclude_ids: listed(exclude), only_ids: listed(only) };
  const given = Object.entries({ ...lists, years }).filter(([, value]) => value !== undefined);
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}
