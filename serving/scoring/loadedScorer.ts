import { LAST_RESORT, refsOf } from '../../contracts/routes.ts';
import { createGoneMovies } from '../../domain/catalogue/goneMovies.ts';
import { createOwnSets, readCatalogues } from '../../domain/catalogue/ownCatalogues.ts';
import { loadMeasured } from '../../domain/recommender/training/modelFiles.ts';
import { findVersions } from '../../domain/registry/aliases.ts';
import { createAnswers } from '../../domain/serving/answers.ts';
import { createCatalogueFacts } from '../../domain/serving/catalogueFacts.ts';
import { followChanges } from '../../domain/serving/followChanges.ts';
import { createModelShelf, type ModelShelf } from '../../domain/serving/modelShelf.ts';
import { listRoutes } from '../../domain/serving/routeTable.ts';
import { createServingRules, withBlocked } from '../../domain/serving/rulesInForce.ts';
import { createPairScorer } from '../../domain/serving/scorePairs.ts';
import { createSeenReader } from '../../domain/serving/seen.ts';
import { createServedRoutes } from '../../domain/serving/servedRoutes.ts';
import { createTrendingModels } from '../../domain/serving/trending.ts';
import { listTrends } from '../../domain/trends/trends.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { createPool, POOL_WAITS } from '../../platform/postgres.ts';
import type { TensorflowRuntime } from '../../platform/tensorflow.ts';
import { findModel } from './findModel.ts';
import type { Scorer, ScorerEvents, ScorerState } from './scorer.ts';

export type ScorerSettings = Pick<Config, 'database' | 'blobUrl'> &
  Partial<Pick<Config, 's3'>> & { readonly tensorflow: TensorflowRuntime };

/** A scorer with its models in this process's memory, which follows the registry, the routes, the rules and the catalogue. It starts whatever is down. */
export function createLoadedScorer(
  { database, blobUrl, s3, tensorflow }: ScorerSettings,
  { onShadowServed, onShadow, onChange, log }: ScorerEvents & { readonly log: Logger },
): Scorer & {
  /** Settled after the first look at what is to be answered by, whatever it brought. */
  readonly looked: Promise<void>;
} {
  const pool = createPool({ ...database, log, waits: POOL_WAITS.serving });
  const blobs = createBlobStore(blobUrl, s3);
  const shelf = createModelShelf({
    findVersions: (named) => findVersions(pool, named),
    load: (name, uri) => loadMeasured(blobs, { name, uri }, tensorflow.tf),
    readCatalogues: (movieIds) => readCatalogues(pool, movieIds),
    onChange,
    log,
  });
  const routes = createServedRoutes({ listRoutes: () => listRoutes(pool), shelf, log });
  const gone = createGoneMovies(pool);
  const ownSets = createOwnSets(pool);
  const facts = createCatalogueFacts(pool);
  const rules = createServingRules(pool, { facts, ratingOf: (movieId) => ratingOf(shelf, movieId) });
  const readSeen = createSeenReader({ db: pool, log });
  const onFault = (error: unknown, model: string) => log.error({ err: error, model }, 'a model cannot answer; the next one does');
  const trending = createTrendingModels({
    listTrends: (window, limit) => listTrends(pool, window, limit),
    readCatalogues: (movieIds) => readCatalogues(pool, movieIds),
    findPopular: () => shelf.find(LAST_RESORT),
  });
  const answering = { find: (ref: string) => trending.find(ref) ?? shelf.find(ref) };
  const answers = createAnswers({
    ...{ routes, shelf: answering, gone, rules, facts, ownSets, readSeen },
    ...{ onShadowServed, onShadow, onFault },
  });
  const scorePairs = createPairScorer({ gone: { has: (movieId) => withBlocked(gone, rules.now()).has(movieId) }, readSeen });

  const readCatalogue = async () =>
    void (await Promise.all([
      ...[gone.refresh(), ownSets.refresh(), facts.refresh(), rules.refresh()],
      trending.refresh(routes.all().flatMap(refsOf)),
    ]));
  const follow = { url: database.directUrl ?? database.url, log };
  const following = [
    followChanges({ ...follow, channel: 'registry_changed', refresh: () => routes.refresh() }),
    followChanges({ ...follow, channel: 'catalogue_changed', refresh: readCatalogue }),
  ];

  return {
    looked: Promise.allSettled([routes.refresh(), readCatalogue()]).then(() => undefined),
    async recommend(body) {
      const given = await answers.recommend(body);
      shelf.noteAnswer(given.answer.model);
      return given;
    },
    async predict(body) {
      const answer = await answers.predict(body);
      shelf.noteAnswer(answer.model);
      return answer;
    },
    async similar(body) {
      const answer = answers.similar(body);
      shelf.noteAnswer(answer.model);
      return answer;
    },
    async infer({ name, version, ...pairs }, signal) {
      const asked = findModel(stateOf().models, name, version);
      const loaded = shelf.loaded().find((one) => one.name === asked.name && one.version === asked.version)!;
      const letGo = shelf.hold(loaded);
      try {
        const scores = await scorePairs(loaded, pairs, signal);
        shelf.noteAnswer(loaded);
        return { model: { name, version: loaded.version }, scores };
      } finally {
        letGo();
      }
    },
    state: stateOf,
    processes: () => [],
    async close() {
      await Promise.all(following.map((one) => one.stop()));
      shelf.dispose();
      await pool.end();
    },
  };

  function stateOf(): ScorerState {
    const { backend, version } = tensorflow;
    const models = shelf
      .describe()
      .map(({ model: { kind, users, movies }, catalogues: _own, ...rest }) => ({ ...rest, kind, users: users.size, movies: movies.size }));
    return {
      tensorflow: { backend, version },
      models,
      broken: shelf.broken(),
      routes: routes.all(),
      heldBack: routes.heldBack(),
      trending: trending.answering(),
    };
  }
}

/** The damped mean rating that the champion of popularity has learnt of a movie. */
function ratingOf(shelf: Pick<ModelShelf, 'find'>, movieId: string): number | undefined {
  const model = shelf.find(LAST_RESORT)?.model;
  const movie = model?.movies.indexOf(movieId);
  return movie === undefined ? undefined : model?.rate?.(null, Int32Array.of(movie)).expected[0];
}
