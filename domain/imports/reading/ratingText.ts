import { isStorable } from '../../../contracts/text.ts';
import { isMovieId, isUserId, wholeNumber } from './ids.ts';
import { splitRecord, UNSTORABLE_ROW, wrongWidth, type Layout } from './records.ts';

/** Seconds whose microseconds a number holds exactly: up to the year 2255. */
export const MAX_SECONDS = 9_007_199_254;

/** A rating as it stands in a file. Empty text and `NaN` stand for a field that is empty. */
export interface RatingText {
  readonly user: string;
  readonly movie: string;
  readonly rating: number;
  readonly seconds: number;
}

export interface RatingForm extends Layout {
  readonly separator: string;
  /** Whether ids are positive whole numbers; any text otherwise. */
  readonly hasNumberedIds: boolean;
}

/** Reads a line as a rating. Whether the values make sense is for the quality rules. @returns the reason where it is none */
export function readRatingText(raw: string, { separator, positions, width, hasNumberedIds }: RatingForm): RatingText | string {
  if (!isStorable(raw)) return UNSTORABLE_ROW;
  const all = splitRecord(raw, separator);
  if (typeof all === 'string') return all;
  if (all.length !== width) return wrongWidth(all.length, width);
  const [user, movie, rating, seconds] = positions.map((at) => wholeNumber(unquoted(all[at] ?? ''))) as [string, string, string, string];
  if (hasNumberedIds && user !== '' && !isUserId(user)) return `userId "${user}" is not a positive whole number`;
  if (hasNumberedIds && movie !== '' && !isMovieId(movie)) return `movieId "${movie}" is not a positive whole number`;
  if (rating !== '' && !/^-?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})$/.test(rating)) return `rating "${rating}" is no number`;
  if (!/^(-?\d+)?$/.test(seconds) || Math.abs(Number(seconds)) > MAX_SECONDS) return `timestamp "${seconds}" is no time in seconds`;
  return { user, movie, rating: numberOf(rating), seconds: numberOf(seconds) };
}

const unquoted = (field: string) => field.trim().replace(/^"(.*)"$/, '$1');
const numberOf = (text: string) => (text === '' ? Number.NaN : Number(text));
