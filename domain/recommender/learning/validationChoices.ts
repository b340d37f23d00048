import { groupByUser, hasMovie, moviesOf } from '../data/interactions.ts';
import { ndcgAt, rankAgainst } from '../numeric/rankingMetrics.ts';
import type { Random } from '../numeric/random.ts';
import type { TrainingData } from '../data/snapshot.ts';

/** @property candidates the movie that the user chose, then others that they did not */
export interface ValidationChoice {
  readonly user: number;
  readonly candidates: Int32Array;
}

/**
 * What a training may be judged by: the first validation movie of users of whom something is learnt, beside movies that they chose neither
 * before nor then.
 * @param mostUsers of more, every so manieth is taken
 * @param others movies that are drawn for each; those that the user chose are left out
 */
export function drawValidationChoices(
  { chosen, validation }: Pick<TrainingData, 'chosen' | 'validation'>,
  mostUsers: number,
  others: number,
  random: Random,
): ValidationChoice[] {
  const known = groupByUser(chosen);
  const held = groupByUser(validation);
  const { userIndex, movieIndex, movies } = validation;
  const isFirst = (row: number) => userIndex[row] !== userIndex[row - 1] && moviesOf(known, userIndex[row]!).length > 0;
  const rows = [...userIndex.keys()].filter(isFirst);
  const stride = Math.ceil(rows.length / mostUsers);
  return rows
    .filter((_, nth) => nth % stride === 0)
    .map((row) => {
      const user = userIndex[row]!;
      const drawn = Int32Array.from({ length: others }, () => random.below(movies.size));
      const rivals = drawn.filter((movie) => !hasMovie(known, user, movie) && !hasMovie(held, user, movie));
      return { user, candidates: Int32Array.of(movieIndex[row]!, ...rivals) };
    });
}

/** NDCG@10 of one choice. @param scores of its candidates */
export function ndcgOfChoice(scores: Float32Array): number {
  const rivals = Int32Array.from({ length: scores.length - 1 }, (_, nth) => nth + 1);
  return ndcgAt(10, [rankAgainst(scores, 0, rivals)]);
}
