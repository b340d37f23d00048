import type { Interactions, Vocabulary } from '../data/interactions.ts';
import type { TrainedModel } from '../model/model.ts';

/** Scores of one user of a snapshot, one a movie of the snapshot; NaN for a movie that the model does not know. */
export interface SnapshotScorer {
  scoreAll(user: number): Float32Array;
  /** Users who got the fallback's answer, since the model could not answer them. */
  readonly fellBack: ReadonlySet<number>;
}

/**
 * Lets a model answer in the terms of a snapshot, whatever snapshot it was trained on.
 * @param chosenBefore movies the user chose before the question, oldest first: a kind that scores by history is given them, as in serving
 * @param fallback answers for users the model cannot answer, as serving falls back to popular titles
 */
export function createSnapshotScorer(
  model: TrainedModel,
  { users, movies }: Pick<Interactions, 'users' | 'movies'>,
  chosenBefore: (user: number) => Int32Array,
  fallback: Float32Array,
): SnapshotScorer {
  const toModel = mapPositions(movies, model.movies);
  const fellBack = new Set<number>();
  const scoresOf = (user: number): Float32Array | null => {
    const known = model.users.indexOf(users.ids[user]!) ?? null;
    if (model.scoreHistory) {
      const history = toModel
        ? chosenBefore(user)
            .map((movie) => toModel[movie]!)
            .filter((movie) => movie >= 0)
        : chosenBefore(user);
      if (history.length > 0) return model.scoreHistory(history, known);
    }
    return known === null && !model.answersUnknownUsers ? null : model.scoreAll(known);
  };
  return {
    fellBack,
    scoreAll(user) {
      const scores = scoresOf(user);
      if (scores) return toModel ? Float32Array.from(toModel, (movie) => (movie < 0 ? Number.NaN : scores[movie]!)) : scores;
      fellBack.add(user);
      return fallback;
    },
  };
}

/** @returns for each position in `from` the one in `to`, -1 for none; null where the two are alike */
export function mapPositions(from: Vocabulary, to: Vocabulary): Int32Array | null {
  if (from === to || (from.size === to.size && from.ids.every((id, position) => to.ids[position] === id))) return null;
  return Int32Array.from(from.ids, (id) => to.indexOf(id) ?? -1);
}
