import { clip } from '../../contracts/bounded.ts';
import { invalid, missing } from '../../contracts/failures.ts';
import type {
  AnsweredBy,
  PredictAnswer,
  PredictBody,
  RecommendAnswer,
  RecommendBody,
  ScoredMovie,
  SimilarAnswer,
  SimilarAsked,
} from '../../contracts/recommendations.ts';
import { readModelRef, type ModelRef, type ServedRoute } from '../../contracts/routes.ts';
import type { ServedAnswer, ServedFault } from '../../contracts/served.ts';
import { oneLine } from '../../platform/oneLine.ts';
import { FAULTS } from '../../contracts/sizes.ts';
import { createUuid7 } from '../../platform/uuid7.ts';
import type { GoneMovies } from '../catalogue/goneMovies.ts';
import { offeredTo, type OwnSets } from '../catalogue/ownCatalogues.ts';
import type { Asker, ScoredMovie as Scored } from '../recommender/model/model.ts';
import type { CatalogueFacts } from './catalogueFacts.ts';
import { compose, reasonsBy, type Composed } from './compose.ts';
import { chooseModel, chooseVariant, modelsOf, noModel, readsHistory } from './choose.ts';
import type { LoadedModel, ModelShelf } from './modelShelf.ts';
import { withBlocked, type ServingRules } from './rulesInForce.ts';
import type { SeenMovies } from './seen.ts';
import { createShadows, type ShadowOutcome } from './shadows.ts';
import type { ServedRoutes } from './servedRoutes.ts';

export interface Answers {
  /** @throws Failure `invalid` for a route or a variant that is not there, `unavailable` where no model of it can answer for this user now */
  readonly predict: (body: PredictBody) => Promise<PredictAnswer>;
  /** What is given, and what is to be written down before it is. @throws as `predict` */
  readonly recommend: (body: RecommendBody) => Promise<{ readonly answer: RecommendAnswer; readonly served: ServedAnswer }>;
  /** @throws Failure `missing` for a movie that no model of the route knows, `unavailable` where none is loaded */
  readonly similar: (body: SimilarAsked) => SimilarAnswer;
}

export interface AnswersParts {
  readonly routes: Pick<ServedRoutes, 'find' | 'all'>;
  readonly shelf: Pick<ModelShelf, 'find'>;
  /** What has left the catalogue, whatever a model knows. */
  readonly gone: Pick<GoneMovies, 'has'>;
  readonly rules: Pick<ServingRules, 'now'>;
  readonly facts: Pick<CatalogueFacts, 'of' | 'genres'>;
  readonly ownSets: Pick<OwnSets, 'ofUser' | 'hasShared'>;
  readonly readSeen: (userId: string) => Promise<SeenMovies>;
  /** Told what shadows would have recommended. */
  readonly onShadowServed: (answer: ServedAnswer) => void;
  readonly onShadow: (outcome: ShadowOutcome) => void;
  /** Told of a model that threw; another one answers in its place. */
  readonly onFault: (error: unknown, ref: ModelRef) => void;
}

export function createAnswers({ routes, shelf, gone, rules, facts, ownSets, readSeen, ...events }: AnswersParts): Answers {
  const { onShadowServed, onShadow, onFault } = events;
  const find = shelf.find;
  const shadows = createShadows(onShadow);

  function routeOf(name: string): ServedRoute {
    const route = routes.find(name);
    if (!route && routes.all().length === 0) throw noModel('the routes are not read yet');
    if (!route) throw invalid('route', `there is no route ${name}`);
    return route;
  }

  const offered = ({ catalogues }: LoadedModel, { userId, history }: Asker) =>
    offeredTo(catalogues, { set: ownSets.ofUser(userId), isShared: ownSets.hasShared() }, history);
  const answersFor = (asker: Asker) => (loaded: LoadedModel) => loaded.model.canAnswer(asker) && offered(loaded, asker) !== undefined;

  function modelFor(route: string, refs: readonly string[], asker: Asker): LoadedModel {
    const { userId } = asker;
    const chosen = chooseModel(refs, find, answersFor(asker));
    if (chosen) return chosen;
    const set = ownSets.ofUser(userId);
    // Without --set: a popularity of one set alone would leave everybody else without an answer.
    const whom = set === null ? 'whoever is of no own set' : `every customer of ${set}`;
    const advice = `npx mlops train --model popularity makes one that answers for ${whom}`;
    throw noModel(
      `no loaded model of route ${route} answers for ${userId === null ? 'nobody in particular' : `user ${userId}`}; ${advice}`,
    );
  }

  /** The first of the models that gives an answer, with those that were to and could not. @throws as `modelFor`, and what the last model threw where each did */
  function answerBy<Answer>(route: string, refs: readonly ModelRef[], asker: Asker, ask: (loaded: LoadedModel) => Answer) {
    const faults: ServedFault[] = [];
    let thrown: Error | undefined;
    for (const ref of refs) {
      const loaded = find(ref);
      if (!loaded && readModelRef(ref).version !== undefined) faults.push({ model: ref, why: NOT_LOADED });
      if (!loaded) continue;
      try {
        if (answersFor(asker)(loaded)) return { loaded, answer: ask(loaded), faults };
      } catch (error) {
        thrown = error instanceof Error ? error : new Error(oneLine(error));
        faults.push({ model: ref, why: clip(oneLine(error), FAULTS.messageCharacters) });
        onFault(error, ref);
      }
    }
    if (thrown) throw thrown;
    modelFor(route, refs, asker); // says why none answers
    throw noModel(`no model of route ${route} answers`);
  }

  return {
    async predict(body) {
      const choose = () => chooseVariant(routeOf(body.route), body.user_id, body.variant);
      const seen = readsHistory(modelsOf(choose()), find) ? await readSeen(body.user_id) : null;
      const variant = choose(); // while it was read the route may have changed, and its models gone
      const refs = modelsOf(variant);
      const asker = { userId: body.user_id, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      const loaded = modelFor(body.route, refs, asker);
      const scores = loaded.model.score(asker, body.movie_ids);
      const isOut = withBlocked(gone, rules.now());
      const scored = body.movie_ids.map((movieId, at) => ({ movie_id: movieId, score: isOut.has(movieId) ? null : (scores[at] ?? null) }));
      return {
        user_id: body.user_id,
        route: body.route,
        variant: variant.name,
        model: nameOf(loaded),
        predictions: scored.filter((movie): movie is ScoredMovie => movie.score !== null),
        unknown_movie_ids: scored.filter(({ score }) => score === null).map(({ movie_id }) => movie_id),
      };
    },

    async recommend({ user_id: userId, k, exclude_seen, filter, diversity, explain, route: name, variant: asked }) {
      const startedAt = performance.now();
      const id = createUuid7();
      const choose = () => {
        const route = routeOf(name);
        return { route, variant: chooseVariant(route, userId ?? id, asked) };
      };
      const first = choose();
      const readsIt = [first.variant, ...first.route.shadows].some((one) => readsHistory(modelsOf(one), find));
      const seen = userId !== null && (exclude_seen || explain || readsIt) ? await readSeen(userId) : null;
      const { route, variant } = choose(); // while it was read the route may have changed, and its models gone
      const refs = modelsOf(variant);
      const asker = { userId, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      const given = { id, route, k, exclude_seen, userId, seen, assignment: assignmentOf(userId, asked) };
      const now = rules.now();
      const isOut = withBlocked(gone, now);
      const order = (of: LoadedModel) => {
        const isOffered = offered(of, asker) ?? (() => false);
        return compose(of, {
          ...{ asker, k, filter, rules: now, facts },
          ...{ diversity: diversity ?? variant.diversity ?? 0, exploration: variant.exploration ?? 0 },
          key: `${name}\0${userId ?? id}\0${new Date().toISOString().slice(0, DAY)}`,
          isLeftOut: (movieId) => !isOffered(movieId) || isOut.has(movieId) || (exclude_seen && (seen?.movies.has(movieId) ?? false)),
        });
      };

      const { loaded, answer: composed, faults } = answerBy(name, refs, asker, order);
      for (const shadow of route.shadows)
        shadows.add(() => {
          const other = chooseModel(modelsOf(shadow), find, answersFor(asker));
          if (!other) return false;
          onShadowServed(written({ ...given, variant: shadow, propensity: 0 }, other, order(other)));
          return true;
        });
      const reasonOf = reasonsBy(loaded, seen?.chosen.filter((movieId) => !seen.regretted.has(movieId)) ?? []);
      const reason = (movieId: string) => (composed.pinned.has(movieId) ? { kind: 'pinned' as const } : reasonOf(movieId));
      return {
        answer: {
          recommendation_id: id,
          user_id: userId,
          route: name,
          variant: variant.name,
          model: nameOf(loaded),
          recommendations: composed.movies.map((movie) => ({ ...toContract(movie), ...(explain && { reason: reason(movie.movieId) }) })),
          seen_from: seen?.from ?? 'not_asked',
        },
        served: {
          ...written({ ...given, variant, propensity: shareOf(variant, route) }, loaded, composed),
          duration_ms: Math.round((performance.now() - startedAt) * 1_000) / 1_000,
          faults: faults.length > 0 ? faults : null,
        },
      };
    },

    similar({ movie_id: movieId, called = movieId, k, route: name, variant: asked }) {
      const route = routeOf(name);
      const variants = asked === undefined ? route.variants : [chooseVariant(route, movieId, asked)];
      const refs = [...new Set(variants.flatMap(modelsOf))];
      const loaded = chooseModel(refs, find, ({ model }) => model.knowsMovie(movieId));
      if (!loaded) throw missing(`no model of route ${name} knows movie ${called}`);
      const { model, catalogues } = loaded;
      const isOut = withBlocked(gone, rules.now());
      const exclude = { has: (other: string) => catalogues.of(other) !== catalogues.of(movieId) || isOut.has(other) };
      return { movie_id: movieId, route: name, model: nameOf(loaded), similar: model.similar(movieId, k, exclude).map(toContract) };
    },
  };
}

/** Of a version that a route names by its number: it is there to answer, which an alias need not be. */
const NOT_LOADED = 'it is not in memory';
/** Characters of a time's date. */
const DAY = 10;
/** Of a history, the latest that are written down: an answer of somebody who has chosen thousands stays small. */
const WRITTEN_HISTORY = 500;

interface Given {
  readonly id: string;
  readonly route: ServedRoute;
  readonly variant: { readonly name: string; readonly weight?: number };
  readonly propensity: number;
  readonly assignment: ServedAnswer['assignment'];
  readonly userId: string | null;
  readonly k: number;
  readonly exclude_seen: boolean;
  readonly seen: SeenMovies | null;
}

function written(given: Given, { name, version }: LoadedModel, { movies, ordering }: Composed): ServedAnswer {
  const { id, route, variant, propensity, assignment, userId, k, exclude_seen, seen } = given;
  const chosen = seen?.chosen ?? [];
  return {
    recommendation_id: id,
    variant: variant.name,
    is_shadow: variant.weight === undefined,
    served_at: new Date().toISOString(),
    user_id: userId,
    route: route.route,
    revision: route.revision,
    assignment,
    propensity,
    model: name,
    version,
    k,
    movie_ids: movies.map(({ movieId }) => Number(movieId)),
    scores: movies.map(({ score }) => score),
    exclude_seen,
    seen_from: seen?.from ?? 'not_asked',
    history: chosen.slice(-WRITTEN_HISTORY).map(Number),
    history_length: chosen.length,
    disliked: (seen?.disliked ?? []).slice(-WRITTEN_HISTORY).map(Number),
    ordering,
  };
}

const assignmentOf = (userId: string | null, asked: string | undefined): ServedAnswer['assignment'] =>
  asked !== undefined ? 'operator' : userId === null ? 'chance' : 'user';
const shareOf = ({ weight }: { readonly weight: number }, { variants }: ServedRoute) =>
  weight / variants.reduce((sum, { weight: other }) => sum + other, 0);

const nameOf = ({ name, version }: LoadedModel): AnsweredBy => ({ name, version });
const toContract = ({ movieId, score }: Scored): ScoredMovie => ({ movie_id: movieId, score });
