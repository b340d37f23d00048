import { invalid, missing } from '../../contracts/failures.ts';
import type {
  AnsweredBy,
  PredictAnswer,
  PredictBody,
  RecommendAnswer,
  RecommendBody,
  ScoredMovie,
  SimilarAnswer,
  SimilarBody,
} from '../../contracts/recommendations.ts';
import type { GoneMovies } from '../catalogue/goneMovies.ts';
import type { Asker, ScoredMovie as Scored, TrainedModel } from '../recommender/model/model.ts';
import type { ServedRoute } from '../../contracts/routes.ts';
import { chooseModel, chooseVariant, modelsOf, noModel, readsHistory } from './choose.ts';
import type { LoadedModel, ModelShelf } from './modelShelf.ts';
import type { SeenMovies } from './seen.ts';
import type { ServedRoutes } from './servedRoutes.ts';

export interface Answers {
  /** @throws Failure `invalid` for a route or a variant that is not there, `unavailable` where no model of it can answer for this user now */
  readonly predict: (body: PredictBody) => Promise<PredictAnswer>;
  /** @throws as `predict` */
  readonly recommend: (body: RecommendBody) => Promise<RecommendAnswer>;
  /** @throws Failure `missing` for a movie that no model of the route knows, `unavailable` where none is loaded */
  readonly similar: (body: SimilarBody) => SimilarAnswer;
}

export interface AnswersParts {
  readonly routes: Pick<ServedRoutes, 'find' | 'all'>;
  readonly shelf: Pick<ModelShelf, 'find'>;
  /** What has left the catalogue, whatever a model knows. */
  readonly gone: Pick<GoneMovies, 'has'>;
  readonly readSeen: (userId: string) => Promise<SeenMovies>;
}

export function createAnswers({ routes, shelf, gone, readSeen }: AnswersParts): Answers {
  const find = shelf.find;

  function routeOf(name: string): ServedRoute {
    const route = routes.find(name);
    if (!route && routes.all().length === 0) throw noModel('the routes are not read yet');
    if (!route) throw invalid('route', `there is no route ${name}`);
    return route;
  }

  function modelFor(refs: readonly string[], asker: Asker): LoadedModel {
    const { userId } = asker;
    const chosen = chooseModel(refs, find, (model) => model.canAnswer(asker));
    if (!chosen) throw noModel(`none of ${refs.join(', ')} answers for ${userId === null ? 'nobody in particular' : `user ${userId}`}`);
    return chosen;
  }

  return {
    async predict(body) {
      const variant = chooseVariant(routeOf(body.route), body.user_id, body.variant);
      const refs = modelsOf(variant);
      const seen = readsHistory(refs, find) ? await readSeen(body.user_id) : null;
      const asker = { userId: body.user_id, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      const loaded = modelFor(refs, asker);
      const scores = loaded.model.score(asker, body.movie_ids);
      const scored = body.movie_ids.map((movieId, at) => ({ movie_id: movieId, score: gone.has(movieId) ? null : (scores[at] ?? null) }));
      return {
        user_id: body.user_id,
        route: body.route,
        variant: variant.name,
        model: nameOf(loaded),
        predictions: scored.filter((movie): movie is ScoredMovie => movie.score !== null),
        unknown_movie_ids: scored.filter(({ score }) => score === null).map(({ movie_id }) => movie_id),
      };
    },

    async recommend({ user_id: userId, k, exclude_seen, route, variant: asked }) {
      const variant = chooseVariant(routeOf(route), userId, asked);
      const refs = modelsOf(variant);
      const seen = userId !== null && (exclude_seen || readsHistory(refs, find)) ? await readSeen(userId) : null;
      const asker = { userId, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      const loaded = modelFor(refs, asker);
      const recommended = loaded.model.recommend({
        ...asker,
        k,
        exclude: { has: (movieId) => gone.has(movieId) || (exclude_seen && (seen?.movies.has(movieId) ?? false)) },
      });
      return {
        user_id: userId,
        route,
        variant: variant.name,
        model: nameOf(loaded),
        recommendations: recommended.map(toContract),
        seen_from: seen?.from ?? 'not_asked',
      };
    },

    similar({ movie_id: movieId, k, route }) {
      const refs = [...new Set(routeOf(route).variants.flatMap(modelsOf))];
      const loaded = chooseModel(refs, find, (model: TrainedModel) => model.knowsMovie(movieId));
      if (!loaded) throw missing(`no model of route ${route} knows movie ${movieId}`);
      return { movie_id: movieId, route, model: nameOf(loaded), similar: loaded.model.similar(movieId, k, gone).map(toContract) };
    },
  };
}

const nameOf = ({ name, version }: LoadedModel): AnsweredBy => ({ name, version });
const toContract = ({ movieId, score }: Scored): ScoredMovie => ({ movie_id: movieId, score });
