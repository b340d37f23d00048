import type { SplitKind } from '../../../contracts/training.ts';
import { runsByUser, type Interactions } from './interactions.ts';
import { createRandom, shuffle } from '../numeric/random.ts';

/** Part of a split that a row belongs to; the number is what the columns hold. */
export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;

const MIN_TO_HOLD_OUT = 3;
const RATING_SPLIT_STREAM = 1;
const PER_USER_SPLIT_STREAM = 3;

/** A part for each row, in the protocols that rank and in the one that predicts ratings. */
export interface Splits {
  readonly rankingSplit: Uint8Array;
  readonly ratingSplit: Uint8Array;
}

/** Splits of this kind; the same for the same interactions and seed. Beside `leave_one_out` both protocols hold out the same rows. */
export function splitInteractions(kind: SplitKind, interactions: Interactions, seed: number): Splits {
  if (kind === 'leave_one_out') return { rankingSplit: splitLeaveOneOut(interactions), ratingSplit: splitRatings(interactions, seed) };
  const parts = kind === 'temporal' ? splitByTime(interactions) : splitPerUser(interactions, seed);
  return { rankingSplit: parts, ratingSplit: parts };
}

/**
 * Leave-one-out by time: of each user the last interaction is test, the one before it validation, the rest train; of those at
 * the same time, the one that its source had later. Users with fewer than three interactions stay in train.
 * @returns a part for each row
 */
export function splitLeaveOneOut(interactions: Interactions): Uint8Array {
  const parts = new Uint8Array(interactions.length);
  // Rows are sorted by user, then time, then place: the last of each user's rows are the latest.
  for (const { from, to } of runsByUser(interactions)) if (to - from >= MIN_TO_HOLD_OUT) parts.set([VALIDATION, TEST], to - 2);
  return parts;
}

/**
 * One cut in time for all users: the latest tenth of the rows is test, the tenth before it validation, the rest train. Rows of one moment are
 * all on one side, so a part may be smaller or larger than a tenth.
 * @returns a part for each row
 */
export function splitByTime({ ratedAt }: Interactions): Uint8Array {
  const times = ratedAt.toSorted();
  const [toValidation, toTest] = [0.8, 0.9].map((share) => times[Math.floor(share * times.length)]!);
  return Uint8Array.from(ratedAt, (at) => (at >= toTest! ? TEST : at >= toValidation! ? VALIDATION : TRAIN));
}

/**
 * Random 80/10/10 of each user's rows: with n rows, ⌊n / 10⌋ are test and as many validation. Users with fewer than ten rows stay in train.
 * @returns a part for each row
 */
export function splitPerUser(interactions: Interactions, seed: number): Uint8Array {
  const random = createRandom(seed, PER_USER_SPLIT_STREAM);
  const parts = new Uint8Array(interactions.length);
  for (const { from, to } of runsByUser(interactions)) {
    const rows = Uint32Array.from({ length: to - from }, (_, nth) => from + nth);
    shuffle(rows, random);
    const tenth = Math.floor(rows.length / 10);
    rows.forEach((row, place) => (parts[row] = place < tenth ? TEST : place < 2 * tenth ? VALIDATION : TRAIN));
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
