import { NEGATIVES_PER_USER } from '../../../contracts/evaluation.ts';
import { groupByUser, hasMovie, moviesOf, rowsWhere, selectRows, type Interactions } from '../data/interactions.ts';
import { createRandom } from '../numeric/random.ts';
import { TEST, TRAIN } from '../data/split.ts';

const NEGATIVES_STREAM = 2;

/** One user's question to a model: where does it rank what is held out? */
export interface HeldOut {
  readonly user: number;
  /** The earliest that is held out: asked about among the negatives. */
  readonly movie: number;
  /** All that is held out, ascending: asked about among everything. */
  readonly relevant: Int32Array;
  /** Movies the user never touched, in train, validation or test; ascending. Fewer than asked for where there are no more. */
  readonly negatives: Int32Array;
}

/**
 * What is held out of each user beside sampled negatives, the same for the same interactions and seed. Only movies that
 * somebody rated are drawn: a catalogue full of titles nobody knows would make the question easier. Users without a training row are not
 * asked about: nothing was learnt of them. Nor are those who touched every movie: what is held out would be first among itself.
 */
export function heldOutWithNegatives(interactions: Interactions, rankingSplit: Uint8Array, seed: number): HeldOut[] {
  const random = createRandom(seed, NEGATIVES_STREAM);
  const touched = groupByUser(interactions);
  const rated = Int32Array.from(new Set(interactions.movieIndex)).sort();
  const questions = heldOutOf(interactions, rankingSplit).map((question) => {
    const available = rated.length - moviesOf(touched, question.user).length;
    const isNegative = (movie: number) => !hasMovie(touched, question.user, movie);
    const negatives =
      available <= NEGATIVES_PER_USER ? rated.filter(isNegative) : draw(() => rated[random.below(rated.length)]!, isNegative);
    return { ...question, negatives };
  });
  return questions.filter(({ negatives }) => negatives.length > 0);
}

/** What is held out of each user of whom something was learnt. */
function heldOutOf(interactions: Interactions, rankingSplit: Uint8Array): Omit<HeldOut, 'negatives'>[] {
  const learnt = new Uint8Array(interactions.users.size);
  const firstOf = new Map<number, number>();
  for (let row = 0; row < interactions.length; row += 1) {
    const user = interactions.userIndex[row]!;
    if (rankingSplit[row] === TRAIN) learnt[user] = 1;
    // A user's rows are in the order of time.
    else if (rankingSplit[row] === TEST && !firstOf.has(user)) firstOf.set(user, interactions.movieIndex[row]!);
  }
  const heldOut = groupByUser(
    selectRows(
      interactions,
      rowsWhere(interactions, (row) => rankingSplit[row] === TEST),
    ),
  );
  return [...firstOf].filter(([user]) => learnt[user] === 1).map(([user, movie]) => ({ user, movie, relevant: moviesOf(heldOut, user) }));
}

function draw(candidate: () => number, isWanted: (movie: number) => boolean): Int32Array {
  const drawn = new Set<number>();
  while (drawn.size < NEGATIVES_PER_USER) {
    const movie = candidate();
    if (isWanted(movie)) drawn.add(movie);
  }
  return Int32Array.from(drawn).sort();
}
