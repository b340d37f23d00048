import type { ModelName } from '../../contracts/models.ts';
import { missing } from '../../contracts/failures.ts';
import type {
  AnsweredBy,
  PredictAnswer,
  PredictBody,
  RecommendAnswer,
  RecommendBody,
  Route,
  ScoredMovie,
  SimilarAnswer,
  SimilarBody,
} from '../../contracts/recommendations.ts';
import type { GoneMovies } from '../catalogue/goneMovies.ts';
import type { Asker, ScoredMovie as Scored, TrainedModel } from '../recommender/model/model.ts';
import type { ModelShelf } from './modelShelf.ts';
import { chooseModel, noModel, readsHistory, type LoadedModel } from './routes.ts';
import type { SeenMovies } from './seen.ts';

export interface Answers {
  /** @throws Failure `unavailable` where no model of the route can answer for this user now */
  readonly predict: (body: PredictBody) => Promise<PredictAnswer>;
  /** @throws Failure `unavailable` where no model of the route can answer for this user now */
  readonly recommend: (body: RecommendBody) => Promise<RecommendAnswer>;
  /** @throws Failure `missing` for a movie that no model of the route knows, `unavailable` where none is loaded */
  readonly similar: (body: SimilarBody) => SimilarAnswer;
}

export interface AnswersParts {
  readonly shelf: Pick<ModelShelf, 'find'>;
  /** What has left the catalogue, whatever a model knows. */
  readonly gone: Pick<GoneMovies, 'has'>;
  readonly readSeen: (userId: string) => Promise<SeenMovies>;
}

export function createAnswers({ shelf, gone, readSeen }: AnswersParts): Answers {
  const find = (name: ModelName) => shelf.find(name);
  function modelFor(route: Route, asker: Asker): LoadedModel {
    const { userId } = asker;
    const chosen = chooseModel(route, find, (model) => model.canAnswer(asker));
    if (!chosen)
      throw noModel(`no loaded model of route ${route} answers for ${userId === null ? 'nobody in particular' : `user ${userId}`}`);
    return chosen;
  }

  return {
    async predict(body) {
      const seen = readsHistory(body.route, find) ? await readSeen(body.user_id) : null;
      const asker = { userId: body.user_id, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      const loaded = modelFor(body.route, asker);
      const scores = loaded.model.score(asker, body.movie_ids);
      const scored = body.movie_ids.map((movieId, at) => ({ movie_id: movieId, score: gone.has(movieId) ? null : (scores[at] ?? null) }));
      return {
        user_id: body.user_id,
        model: nameOf(loaded),
        predictions: scored.filter((movie): movie is ScoredMovie => movie.score !== null),
        unknown_movie_ids: scored.filter(({ score }) => score === null).map(({ movie_id }) => movie_id),
      };
    },

    async recommend({ user_id: userId, k, exclude_seen, route }) {
      const seen = userId !== null && (exclude_seen || readsHistory(route, find)) ? await readSeen(userId) : null;
      const asker = { userId, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      const loaded = modelFor(route, asker);
      const recommended = loaded.model.recommend({
        ...asker,
        k,
        exclude: { has: (movieId) => gone.has(movieId) || (exclude_seen && (seen?.movies.has(movieId) ?? false)) },
      });
      return {
        user_id: userId,
        model: nameOf(loaded),
        recommendations: recommended.map(toContract),
        seen_from: seen?.from ?? 'not_asked',
      };
    },

    similar({ movie_id: movieId, k, route }) {
      const knowsMovie = (model: TrainedModel) => model.knowsMovie(movieId);
      const loaded = chooseModel(route, find, knowsMovie);
      if (!loaded) throw missing(`no model of route ${route} knows movie ${movieId}`);
      return { movie_id: movieId, model: nameOf(loaded), similar: loaded.model.similar(movieId, k, gone).map(toContract) };
    },
  };
}

const nameOf = ({ name, version }: LoadedModel): AnsweredBy => ({ name, version });
const toContract = ({ movieId, score }: Scored): ScoredMovie => ({ movie_id: movieId, score });
