import type { Express } from 'express';
import { readModelRef, type ModelRef } from '../contracts/routes.ts';
import { TRENDING } from '../contracts/trends.ts';
import { createOwnRefs } from '../domain/catalogue/ownRefs.ts';
import { idsOfKnownMovies, movieIdsOf } from '../domain/catalogue/movieRefs.ts';
import type { ServedLog } from '../domain/serving/servedLog.ts';
import type { Door } from '../platform/http/access.ts';
import { createHttpApp, type HttpAppParts } from '../platform/http/app.ts';
import { checkPostgres, type Pool } from '../platform/postgres.ts';
import type { ServingMetrics } from './metrics.ts';
import { modelsRoute } from './models.ts';
import { answerAsOpenInference } from './openInference/faults.ts';
import { openInferenceProbes, openInferenceRoutes } from './openInference/routes.ts';
import { servingRoutes } from './routes.ts';
import type { Scorer, ScorerState } from './scoring/scorer.ts';

export interface ServingParts extends Pick<HttpAppParts, 'log' | 'metrics' | 'health' | keyof Door> {
  /** Reads the names of own movies. */
  readonly pool: Pool;
  readonly scorer: Scorer;
  readonly served: Pick<ServedLog, 'write'>;
  readonly answerMetrics: Pick<ServingMetrics, 'observeAnswer' | 'countFaults'>;
}

/** The model server's HTTP. */
export function createServingApp({ pool, scorer, served, answerMetrics, ...http }: ServingParts): Express {
  const { log, health } = http;
  health.add('models', async () => describeModels(scorer.state()));
  health.add('tensorflow', async () => describeTensorflow(scorer.state()));
  health.addOptional('postgres', () => checkPostgres(pool));
  const shared = { scorer, metrics: answerMetrics };
  return createHttpApp({
    ...http,
    probes: openInferenceProbes(health),
    streams: openInferenceRoutes({ ...shared, movieIdsOf: (refs) => idsOfKnownMovies(pool, refs) }),
    routes: servingRoutes({
      ...{ ...shared, served },
      ...{ movieIdsOf: (refs) => movieIdsOf(pool, refs), ownRefs: createOwnRefs(pool) },
    }).use(modelsRoute(scorer)),
    answerFaults: answerAsOpenInference(log),
  });
}

/** @throws Error where nothing is loaded, so that the server is not ready */
function describeModels({ models, broken, heldBack, routes, trending }: ScorerState): string {
  const loaded = models.map(({ name, version }) => `${name} ${version}`);
  const notLoaded = broken.map(({ name, version, reason }) => `${name} ${version} cannot be loaded: ${reason}`);
  const waiting = heldBack.map(({ route, revision, reason }) => `revision ${revision} of route ${route} is not taken up: ${reason}`);
  const isLoaded = (ref: ModelRef) => trending.includes(ref) || models.some(({ refs }) => refs.includes(ref));
  const without = routes.flatMap(({ route, variants }) =>
    variants
      .filter((variant) => !variant.models.some(isLoaded))
      .map(({ name, models: asked }) =>
        asked.every((ref) => readModelRef(ref).name === TRENDING)
          ? `nobody chose anything lately, so that what is popular answers for variant ${name} of route ${route}`
          : `none of ${asked.join(', ')} is loaded for variant ${name} of route ${route}`,
      ),
  );
  const state = [
    ...(loaded.length > 0 ? loaded : ['no champion is loaded']),
    ...notLoaded,
    ...waiting,
    ...(loaded.length > 0 ? without : []),
  ].join('; ');
  if (loaded.length === 0) throw new Error(state);
  return state;
}

/** @throws Error where no scoring process is there yet */
function describeTensorflow({ tensorflow }: ScorerState): string {
  if (tensorflow.version === '') throw new Error('no scoring process has started yet');
  return `${tensorflow.backend} ${tensorflow.version}`;
}
