import type { Express } from 'express';
import { LAST_RESORT } from '../contracts/routes.ts';
import { createGoneMovies, type GoneMovies } from '../domain/catalogue/goneMovies.ts';
import { createOwnSets, readCatalogues, type OwnSets } from '../domain/catalogue/ownCatalogues.ts';
import { idsOfKnownMovies, movieIdsOf } from '../domain/catalogue/movieRefs.ts';
import { createOwnRefs } from '../domain/catalogue/ownRefs.ts';
import { loadMeasured } from '../domain/recommender/training/modelFiles.ts';
import { findVersions } from '../domain/registry/aliases.ts';
import { createAnswers } from '../domain/serving/answers.ts';
import { createCatalogueFacts, type CatalogueFacts } from '../domain/serving/catalogueFacts.ts';
import { createModelShelf, type ModelShelf } from '../domain/serving/modelShelf.ts';
import { listRoutes } from '../domain/serving/routeTable.ts';
import { createServingRules, withBlocked, type ServingRules } from '../domain/serving/rulesInForce.ts';
import { createSeenReader } from '../domain/serving/seen.ts';
import { storeServed } from '../domain/serving/served.ts';
import { createServedLog, type ServedLog } from '../domain/serving/servedLog.ts';
import { createPairScorer } from '../domain/serving/scorePairs.ts';
import { createServedRoutes, type ServedRoutes } from '../domain/serving/servedRoutes.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import { createHttpApp, type HttpAppParts } from '../platform/http/app.ts';
import { checkPostgres, type Pool } from '../platform/postgres.ts';
import type { TensorflowRuntime } from '../platform/tensorflow.ts';
import { createServingMetrics, type ServingMetrics } from './metrics.ts';
import { modelsRoute } from './models.ts';
import { answerAsOpenInference } from './openInference/faults.ts';
import { openInferenceProbes, openInferenceRoutes } from './openInference/routes.ts';
import { servingRoutes } from './routes.ts';

export interface ServingParts extends Pick<HttpAppParts, 'log' | 'metrics' | 'health' | 'access'> {
  readonly pool: Pool;
  readonly blobs: BlobStore;
  readonly tensorflow: TensorflowRuntime;
  /** Where answers lie until they are stored */
  readonly servedFolder: string;
}

/** The model server's app, the routes and the models that it answers from and what it leaves out, all still empty. */
export function createServingApp({ pool, blobs, tensorflow, servedFolder, ...http }: ServingParts): {
  app: Express;
  routes: ServedRoutes;
  shelf: ModelShelf;
  gone: GoneMovies;
  ownSets: OwnSets;
  facts: CatalogueFacts;
  rules: ServingRules;
  served: ServedLog;
} {
  const { log, health } = http;
  const metrics = createServingMetrics(http.metrics);
  const shelf = createModelShelf({
    findVersions: (named) => findVersions(pool, named),
    load: (name, uri) => loadMeasured(blobs, { name, uri }, tensorflow.tf),
    readCatalogues: (movieIds) => readCatalogues(pool, movieIds),
    onChange: (change) => metrics.countChange(change),
    log,
  });
  metrics.showShelf(shelf);
  const routes = createServedRoutes({ listRoutes: () => listRoutes(pool), shelf, log });
  const gone = createGoneMovies(pool);
  const ownSets = createOwnSets(pool);
  const facts = createCatalogueFacts(pool);
  const rules = createServingRules(pool, { facts, ratingOf: (movieId) => ratingOf(shelf, movieId) });
  const served = createServedLog({
    folder: servedFolder,
    store: (given) => storeServed(pool, given),
    log,
    onLost: (count) => metrics.countLost(count),
  });
  metrics.showWaiting(() => served.waitingBytes());
  const readSeen = createSeenReader({ db: pool, log });
  const answers = createAnswers({
    ...{ routes, shelf, gone, rules, facts, ownSets, readSeen },
    ...{ record: (answer) => served.write(answer), onShadow: (outcome) => metrics.countShadow(outcome) },
  });

  health.add('models', async () => describeShelf(shelf, routes));
  health.add('tensorflow', async () => `${tensorflow.backend} ${tensorflow.version}`);
  health.addOptional('postgres', () => checkPostgres(pool));
  const observeAnswer: ServingMetrics['observeAnswer'] = (endpoint, route, model, startedAt) => {
    metrics.observeAnswer(endpoint, route, model, startedAt);
    shelf.noteAnswer(model);
  };
  const shared = { shelf, metrics: { observeAnswer } };
  return {
    app: createHttpApp({
      ...http,
      probes: openInferenceProbes(health),
      streams: openInferenceRoutes({
        ...shared,
        movieIdsOf: (refs) => idsOfKnownMovies(pool, refs),
        scorePairs: createPairScorer({ gone: { has: (movieId) => withBlocked(gone, rules.now()).has(movieId) }, readSeen }),
      }),
      routes: servingRoutes({
        ...shared,
        ...{ answers, routes, movieIdsOf: (refs) => movieIdsOf(pool, refs), ownRefs: createOwnRefs(pool) },
      }).use(modelsRoute({ shelf, routes, backend: tensorflow.backend })),
      answerFaults: answerAsOpenInference(log),
    }),
    routes,
    shelf,
    gone,
    ownSets,
    facts,
    rules,
    served,
  };
}

/** The damped mean rating that the champion of popularity has learnt of a movie. */
function ratingOf(shelf: Pick<ModelShelf, 'find'>, movieId: string): number | undefined {
  const model = shelf.find(LAST_RESORT)?.model;
  const movie = model?.movies.indexOf(movieId);
  return movie === undefined ? undefined : model?.rate?.(null, Int32Array.of(movie)).expected[0];
}

/** @throws Error where nothing is loaded, so that the server is not ready */
function describeShelf(shelf: ModelShelf, routes: ServedRoutes): string {
  const loaded = shelf.loaded().map(({ name, version }) => `${name} ${version}`);
  const broken = shelf.broken().map(({ name, version, reason }) => `${name} ${version} cannot be loaded: ${reason}`);
  const heldBack = routes
    .heldBack()
    .map(({ route, revision, reason }) => `revision ${revision} of route ${route} is not taken up: ${reason}`);
  const state = [...(loaded.length > 0 ? loaded : ['no champion is loaded']), ...broken, ...heldBack].join('; ');
  if (loaded.length === 0) throw new Error(state);
  return state;
}
