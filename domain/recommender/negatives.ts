import { groupByUser, hasMovie, moviesOf, type Interactions } from './interactions.ts';
import { createRandom } from './random.ts';
import { TEST } from './split.ts';

export const NEGATIVES_PER_USER = 99;
const NEGATIVES_STREAM = 2;

/** One user's question to a model: where does it rank the held-out movie? */
export interface HeldOut {
  readonly user: number;
  readonly movie: number;
  /** Movies the user never touched, in train, validation or test; ascending. Fewer than asked for where there are no more. */
  readonly negatives: Int32Array;
}

/**
 * The held-out movie of each user beside sampled negatives, the same for the same interactions and seed. Only movies that
 * somebody rated are drawn: a catalogue full of titles nobody knows would make the question easier.
 */
export function heldOutWithNegatives(interactions: Interactions, rankingSplit: Uint8Array, seed: number): HeldOut[] {
  const random = createRandom(seed, NEGATIVES_STREAM);
  const touched = groupByUser(interactions);
  const rated = Int32Array.from(new Set(interactions.movieIndex)).sort();
  const questions: HeldOut[] = [];
  for (let row = 0; row < interactions.length; row += 1) {
    if (rankingSplit[row] !== TEST) continue;
    const user = interactions.userIndex[row]!;
    const available = rated.length - moviesOf(touched, user).length;
    const isNegative = (movie: number) => !hasMovie(touched, user, movie);
    const negatives =
      available <= NEGATIVES_PER_USER
        ? rated.filter(isNegative)
        : draw(NEGATIVES_PER_USER, () => rated[random.below(rated.length)]!, isNegative);
    questions.push({ user, movie: interactions.movieIndex[row]!, negatives });
  }
  return questions;
}

function draw(count: number, candidate: () => number, isWanted: (movie: number) => boolean): Int32Array {
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const movie = candidate();
    if (isWanted(movie)) drawn.add(movie);
  }
  return Int32Array.from(drawn).sort();
}
