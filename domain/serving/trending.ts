import { readModelRef, type ModelRef } from '../../contracts/routes.ts';
import { TRENDING, type TrendWindow } from '../../contracts/trends.ts';
import type { Catalogues } from '../catalogue/ownCatalogues.ts';
import { createVocabulary } from '../recommender/data/interactions.ts';
import { createTrainedModel, type TrainedModel } from '../recommender/model/model.ts';
import type { Trend } from '../trends/trends.ts';
import type { LoadedModel } from './modelShelf.ts';

/** What trends, as models that answer beside those of the registry: `trending@hour` and `trending@day`. */
export interface TrendingModels {
  /** Undefined where nobody chose anything in that time, and for any other reference. */
  find(ref: ModelRef): LoadedModel | undefined;
  /** Of those that a route asks for, the ones that answer now. */
  answering(): ModelRef[];
  /** Reads what trends, once in REFRESH_MS. @param asked references of models that routes ask for; what nobody asks for is not read */
  refresh(asked: readonly ModelRef[]): Promise<void>;
}

export interface TrendingParts {
  readonly listTrends: (window: TrendWindow, limit: number) => Promise<readonly Trend[]>;
  readonly readCatalogues: (movieIds: readonly string[]) => Promise<Catalogues>;
  /** What is popular, for the places behind what trends. */
  readonly findPopular: () => LoadedModel | undefined;
}

const REFRESH_MS = 2_000;
/** As many as an answer may have; what comes behind is popular. */
const MOST_TRENDS = 500;

export function createTrendingModels({ listTrends, readCatalogues, findPopular }: TrendingParts): TrendingModels {
  const answering = new Map<ModelRef, { readonly of: string; readonly popular: LoadedModel | undefined; readonly loaded: LoadedModel }>();
  let readAt = -Infinity;
  let known: readonly ModelRef[] = [];

  async function bring(ref: ModelRef): Promise<void> {
    const window = readModelRef(ref).alias as TrendWindow;
    const trends = await listTrends(window, MOST_TRENDS);
    const popular = findPopular();
    if (trends.length === 0) return void answering.delete(ref);
    const of = JSON.stringify(trends);
    const before = answering.get(ref);
    if (before?.of === of && before.popular === popular) return;
    answering.set(ref, { of, popular, loaded: await makeModel(window, trends, popular, readCatalogues) });
  }

  return {
    find: (ref) => answering.get(ref)?.loaded,
    answering: () => [...answering.keys()],
    async refresh(asked) {
      const refs = [...new Set(asked)].filter((ref) => readModelRef(ref).name === TRENDING);
      if (performance.now() < readAt + REFRESH_MS && refs.every((ref) => known.includes(ref))) return;
      for (const ref of answering.keys()) if (!refs.includes(ref)) answering.delete(ref);
      await Promise.all(refs.map(bring));
      [known, readAt] = [refs, performance.now()];
    },
  };
}

async function makeModel(
  window: TrendWindow,
  trends: readonly Trend[],
  popular: LoadedModel | undefined,
  readCatalogues: TrendingParts['readCatalogues'],
): Promise<LoadedModel> {
  const others = trends.map(({ movieId }) => movieId).filter((movieId) => !popular?.model.knowsMovie(movieId));
  const [ofOthers, ofPopular] = [await readCatalogues(others), popular?.catalogues];
  const known = new Set(others);
  return {
    name: TRENDING,
    version: window,
    model: rankTrends(trends, others, popular?.model),
    catalogues: {
      names: new Set([...(ofPopular?.names ?? []), ...(others.length > 0 ? ofOthers.names : [])]),
      of: (movieId) => (known.has(movieId) || !ofPopular ? ofOthers.of(movieId) : ofPopular.of(movieId)),
    },
  };
}

/** By how many users chose each movie, and behind these, and among those of as many, by what is popular. @param others movies that `popular` does not know */
function rankTrends(trends: readonly Trend[], others: readonly string[], popular: TrainedModel | undefined): TrainedModel {
  const movies = popular && others.length === 0 ? popular.movies : createVocabulary([...(popular?.movies.ids ?? []), ...others]);
  const scores = new Float32Array(movies.size);
  const counts = popular?.scoreAll(null) ?? new Float32Array();
  const most = counts.reduce((highest, count) => Math.max(highest, count), 0);
  counts.forEach((count, movie) => (scores[movie] = count / (most + 1)));
  for (const { movieId, users } of trends) scores[movies.indexOf(movieId)!]! += users;
  return createTrainedModel({
    kind: 'popularity',
    users: createVocabulary([]),
    movies,
    answersUnknownUsers: true,
    scoreAll: () => scores,
    similarityToAll(movie) {
      const alike = new Float32Array(movies.size);
      if (popular && movie < popular.movies.size) alike.set(popular.similarityToAll(movie));
      return alike;
    },
    save() {
      throw new Error('what trends is counted, and not saved');
    },
    dispose: () => undefined,
  });
}
