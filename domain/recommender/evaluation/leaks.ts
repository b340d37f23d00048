import { permanent } from '../../../contracts/failures.ts';
import { groupByUser, hasMovie, type Interactions } from '../data/interactions.ts';
import type { HeldOut } from './negatives.ts';
import type { Snapshot, TrainingData } from '../data/snapshot.ts';
import { TEST, TRAIN } from '../data/split.ts';

/** What a report says was looked for before any model was asked. */
export const LEAK_CHECKS = {
  ranking: [
    'no held-out pair of user and movie is in the training data, or among the validation rows that a blend is chosen by',
    'no training row of a user is later than what is held out of them (leave_one_out), or than the cut (temporal)',
    'no sampled negative is a movie that the user touched in train, validation or test',
  ],
  rating: [
    'no held-out rating is among the rows that weights are learnt from',
    'what a weight is learnt from was known before the day of its row; what an answer is made from is a sum over the training rows',
  ],
} as const;

/** The part of the questions that could give an answer away. */
export interface Suspects {
  readonly snapshot: Snapshot;
  readonly training: TrainingData;
  readonly ranking: readonly HeldOut[];
  readonly ratings: Interactions;
}

/** @throws Failure `LeakingSplit` that names the first pair at fault */
export function checkLeaks({ snapshot, training, ranking, ratings }: Suspects): void {
  const { interactions } = snapshot;
  const chosen = groupByUser(training.chosen);
  const validation = groupByUser(training.validation);
  const rated = groupByUser(training.rated);
  const touched = groupByUser(interactions);
  const leaking = (user: number, movie: number, what: string) =>
    permanent('LeakingSplit', `user ${interactions.users.ids[user]}, movie ${interactions.movies.ids[movie]}: ${what}`);

  for (const { user, movie, relevant, negatives } of ranking) {
    for (const heldOut of [movie, ...relevant]) {
      if (hasMovie(chosen, user, heldOut)) throw leaking(user, heldOut, 'held out, and in the training data');
      if (hasMovie(validation, user, heldOut)) throw leaking(user, heldOut, 'held out, and among the validation rows');
    }
    const known = negatives.find((negative) => hasMovie(touched, user, negative) || negative === movie);
    if (known !== undefined) throw leaking(user, known, 'a sampled negative, and the user chose it');
  }
  for (let row = 0; row < ratings.length; row += 1) {
    const [user, movie] = [ratings.userIndex[row]!, ratings.movieIndex[row]!];
    if (hasMovie(rated, user, movie)) throw leaking(user, movie, 'its rating is held out, and among the training ratings');
  }
  checkTime(snapshot, leaking);
}

function checkTime({ split, interactions, rankingSplit }: Snapshot, leaking: (user: number, movie: number, what: string) => Error): void {
  if (split === 'per_user') return; // drawn at random, whatever the time
  const { userIndex, movieIndex, ratedAt, length, users } = interactions;
  const bounds = new Float64Array(users.size).fill(Infinity);
  for (let row = 0; row < length; row += 1) {
    if (rankingSplit[row] === TEST) bounds[userIndex[row]!] = Math.min(bounds[userIndex[row]!]!, ratedAt[row]!);
  }
  const cut = split === 'temporal' ? bounds.reduce((least, bound) => Math.min(least, bound), Infinity) : null;
  for (let row = 0; row < length; row += 1) {
    const [user, movie] = [userIndex[row]!, movieIndex[row]!];
    if (rankingSplit[row] !== TRAIN) continue;
    if (cut !== null && ratedAt[row]! >= cut) throw leaking(user, movie, 'a training row that is not before the cut');
    if (ratedAt[row]! > bounds[user]!) throw leaking(user, movie, 'a training row that is later than what is held out');
  }
}
