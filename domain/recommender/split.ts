import type { Interactions } from './interactions.ts';
import { createRandom } from './random.ts';

/** Part of a split that a row belongs to; the number is what the columns hold. */
export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;

const FEWEST_TO_HOLD_OUT = 3;
const RATING_SPLIT_STREAM = 1;

/**
 * Leave-one-out by time: of each user the last interaction is test, the one before it validation, the rest train; of those at
 * the same time, the greater movie id counts as later. Users with fewer than three interactions stay in train.
 * @returns a part for each row
 */
export function splitLeaveOneOut({ users, length, userIndex }: Interactions): Uint8Array {
  const parts = new Uint8Array(length);
  const counts = new Int32Array(users.size);
  for (let row = 0; row < length; row += 1) counts[userIndex[row]!]! += 1;
  // Rows are sorted by user, then time, then movie: the last of each user's rows are the latest.
  for (let row = length - 1, before = 0; row >= 0; row -= 1) {
    const user = userIndex[row]!;
    const isHisLast = row === length - 1 || userIndex[row + 1] !== user;
    before = isHisLast ? 0 : before + 1;
    if (counts[user]! >= FEWEST_TO_HOLD_OUT && before < 2) parts[row] = before === 0 ? TEST : VALIDATION;
  }
  return parts;
}

/**
 * Random 80/10/10 for ratings, the same for the same interactions and seed.
 * @returns a part for each row
 */
export function splitRatings({ length }: Interactions, seed: number): Uint8Array {
  const random = createRandom(seed, RATING_SPLIT_STREAM);
  return Uint8Array.from({ length }, () => {
    const draw = random.next();
    return draw < 0.8 ? TRAIN : draw < 0.9 ? VALIDATION : TEST;
  });
}
