import { Failure } from '../../contracts/failures.ts';
import { CHAMPION, type ModelName } from '../../contracts/models.ts';
import { ROUTES, type Route } from '../../contracts/recommendations.ts';
import type { TrainedModel } from '../recommender/model/model.ts';

/** A champion that is ready to answer. */
export interface LoadedModel {
  readonly name: ModelName;
  readonly version: string;
  readonly model: TrainedModel;
}

/**
 * The models that answer on a route, the preferred one first; `legacy` is the guide's network. An `ensemble` is made to be better than its members.
 * Whom `neural_cf` has not learnt from is answered by a model that scores by what they did, where one is champion, before everybody's favourites.
 */
export const ROUTE_MODELS: Readonly<Record<Route, readonly ModelName[]>> = {
  default: ['ensemble', 'neural_cf', 'sasrec', 'ease', 'ials', 'item_knn', 'popularity'],
  legacy: ['movie_predictor', 'popularity'],
};

/** Of all routes. */
export const ROUTED_MODELS: readonly ModelName[] = Object.values(ROUTE_MODELS).flat();

/**
 * The route's first model that is loaded and fits the request.
 * @returns undefined where models are loaded and none fits
 * @throws Failure `unavailable` where none of the route's models is loaded
 */
export function chooseModel(
  route: Route,
  find: (name: ModelName) => LoadedModel | undefined,
  fits: (model: TrainedModel) => boolean,
): LoadedModel | undefined {
  const loaded = ROUTE_MODELS[route].map(find).filter((candidate) => candidate !== undefined);
  if (loaded.length === 0)
    throw noModel(`none of ${ROUTE_MODELS[route].join(', ')}, which answer on route ${route}, has a loaded champion yet`);
  return loaded.find(({ model }) => fits(model));
}

/** Whether one of the route's models scores by what a user did until now. */
export const readsHistory = (route: Route, find: (name: ModelName) => LoadedModel | undefined): boolean =>
  ROUTE_MODELS[route].some((name) => find(name)?.model.scoreHistory !== undefined);

/** The routes that ask a model of this name. @param aliases of the version that is asked about: the champion is the one that answers */
export const routesOf = (name: string, aliases: readonly string[]) =>
  ROUTES.flatMap((route) => {
    const place = ROUTE_MODELS[route].findIndex((model) => model === name);
    return place === -1 ? [] : [{ route, preference: place + 1, serves: aliases.includes(CHAMPION) }];
  });

export const noModel = (message: string) => new Failure('unavailable', message);
