import type { ModelKind } from '../../contracts/models.ts';
import { createVocabulary } from '../../domain/recommender/data/interactions.ts';
import { createTrainedModel, type TrainedModel } from '../../domain/recommender/model/model.ts';

export interface TinyModel extends TrainedModel {
  isDisposed(): boolean;
}

/**
 * A model that likes movies in the order given and answers as the real ones do; after disposal it throws. One that scores by history likes the
 * movie that was chosen last best.
 */
export function createTinyModel(
  kind: ModelKind,
  { users = [] as string[], movies = ['1', '2', '3'], scores: given = undefined as number[] | undefined, byHistory = false } = {},
): TinyModel {
  let disposed = false;
  const scores = () => {
    if (disposed) throw new Error(`${kind} was asked after it was disposed`);
    return Float32Array.from(movies, (_, at) => given?.[at] ?? movies.length - at);
  };
  const model = createTrainedModel({
    kind,
    users: createVocabulary(users),
    movies: createVocabulary(movies),
    answersUnknownUsers: kind !== 'neural_cf' && !byHistory,
    scoreAll: scores,
    ...(byHistory && { scoreHistory: (history) => scores().map((score, movie) => (movie === history.at(-1) ? 9 : score)) }),
    similarityToAll: scores,
    save: () => ({}),
    dispose: () => void (disposed = true),
  });
  return { ...model, isDisposed: () => disposed };
}
