import { createHash } from 'node:crypto';
import type { NegativesAsked } from '../../../contracts/evaluation.ts';
import { createHistories } from '../model/histories.ts';
import { groupByUser, rowsWhere, selectRows, type Interactions, type MoviesByUser } from '../data/interactions.ts';
import type { TrainedModel } from '../model/model.ts';
import { countPopularity } from '../models/popularity/index.ts';
import { heldOutWithNegatives, type HeldOut } from './negatives.ts';
import { trainingDataOf, type Snapshot, type TrainingData } from '../data/snapshot.ts';
import { TEST } from '../data/split.ts';
import { checkLeaks } from './leaks.ts';

/** What every model of a snapshot is asked, and what is needed to judge the answers. Made once, asked many times. */
export interface Questions {
  readonly snapshot: Snapshot;
  readonly training: TrainingData;
  /** One a user. */
  readonly ranking: readonly HeldOut[];
  /** Held-out rows that have a rating; rows of one user stand together. */
  readonly ratings: Interactions;
  /** Movies somebody rated: the candidates of full ranking, before those that the user had chosen are left out. */
  readonly rated: Int32Array;
  readonly chosenBefore: MoviesByUser;
  /** The same, each user's in the order of time. */
  readonly historyOf: (user: number) => Int32Array;
  /** Popularity of this snapshot's training rows: the baseline, and the answer for whom a model cannot answer. */
  readonly popularity: TrainedModel;
  /** How many training rows each movie has. */
  readonly popularityCounts: Float32Array;
}

/**
 * @param given the ranking questions, where they are not drawn by the snapshot's seed
 * @throws Failure `LeakingSplit` where an answer could be known from training
 */
export function prepareQuestions(snapshot: Snapshot, given?: readonly HeldOut[]): Questions {
  const { interactions, rankingSplit, ratingSplit, seed } = snapshot;
  const rows = (fits: (row: number) => boolean) => selectRows(interactions, rowsWhere(interactions, fits));
  const training = trainingDataOf(snapshot);
  const before = rows((row) => rankingSplit[row] !== TEST);
  const histories = createHistories(before);
  const popularity = countPopularity(training);
  const questions = {
    snapshot,
    training,
    ranking: given ?? heldOutWithNegatives(interactions, rankingSplit, seed),
    ratings: rows((row) => ratingSplit[row] === TEST && !Number.isNaN(interactions.rating[row])),
    rated: Int32Array.from(new Set(interactions.movieIndex)),
    chosenBefore: groupByUser(before),
    historyOf: (user: number) => histories.of(user),
    popularity,
    popularityCounts: popularity.scoreAll(null),
  };
  checkLeaks(questions);
  return questions;
}

/** Against how many negatives the users are asked, from the fewest to the most; null where nobody is asked. */
export function countNegatives({ ranking }: Pick<Questions, 'ranking'>): NegativesAsked | null {
  if (ranking.length === 0) return null;
  const counts = ranking.map(({ negatives }) => negatives.length);
  return { least: counts.reduce((least, count) => Math.min(least, count)), most: counts.reduce((most, count) => Math.max(most, count)) };
}

/** sha256 of who is asked what: two reports with the same one asked the same questions. */
export function digestQuestions({ ranking, ratings }: Questions): string {
  const hash = createHash('sha256');
  for (const { user, movie, relevant, negatives } of ranking) {
    hash
      .update(Int32Array.of(user, movie, relevant.length, negatives.length))
      .update(Int32Array.from(relevant))
      .update(Int32Array.from(negatives));
  }
  return hash.update(ratings.userIndex).update(ratings.movieIndex).digest('hex');
}
