import type { Reject } from '../catalogue/source.ts';
import { decodeText, withoutMark } from '../catalogue/decodeText.ts';
import type { RatingRows } from './ratingRows.ts';

const MAX_ID = 2_147_483_647;
/** Seconds whose microseconds a number holds exactly: up to the year 2255. */
const MAX_SECONDS = 9_007_199_254;
const [NEWLINE, RETURN, DOT, ZERO, NINE] = [0x0a, 0x0d, 0x2e, 0x30, 0x39];

export interface RatingReaderOptions {
  readonly separator: string;
  readonly rows: RatingRows;
  readonly onReject: (reject: Reject) => void;
  /** Catalogue id of a movie by its id in the set. */
  readonly movieIdOf: (setId: number) => number;
}

/**
 * Reads lines of `user, movie, rating, seconds`. What any rating of MovieLens looks like is read byte by byte; every other line is looked at as
 * text, and set aside with the reason where it is no rating. Whether the values make sense is for the quality rules.
 * @returns a function that takes whole lines and the number of the first, and gives how many there were and how many of them said something
 */
export function createRatingReader({ separator, rows, onReject, movieIdOf }: RatingReaderOptions) {
  const [first = 0, second] = Buffer.from(separator);
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;

  /** Moves over digits. @returns their value; -1 where there is none */
  const readDigits = (): number => {
    const from = at;
    let value = 0;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) value = value * 10 + byte - ZERO;
    return at > from ? value : -1;
  };
  const skipSeparator = (): boolean => {
    if (bytes[at++] !== first) return false;
    return second === undefined || bytes[at++] === second;
  };
  /** One digit, or one and a decimal. @returns NaN for anything else */
  const readRating = (): number => {
    const whole = bytes[at++]! - ZERO;
    if (!(whole >= 0 && whole <= 9)) return Number.NaN;
    if (bytes[at] !== DOT) return whole;
    const tenths = bytes[at + 1]! - ZERO;
    at += 2;
    return tenths >= 0 && tenths <= 9 ? whole + tenths / 10 : Number.NaN;
  };
  const skipLineEnd = (): boolean => {
    if (bytes[at] === RETURN) at += 1;
    return bytes[at++] === NEWLINE;
  };

  /** @returns false where the line looks otherwise; nothing is added then */
  function readRow(line: number): boolean {
    const userFrom = at;
    const user = readDigits();
    const userTo = at;
    if (user <= 0 || userTo - userFrom > 10 || bytes[userFrom] === ZERO || !skipSeparator()) return false;
    const movie = readDigits();
    if (movie <= 0 || movie > MAX_ID || !skipSeparator()) return false;
    const rating = readRating();
    if (Number.isNaN(rating) || !skipSeparator()) return false;
    const seconds = readDigits();
    if (seconds < 0 || seconds > MAX_SECONDS || !skipLineEnd()) return false;
    rows.add(line, bytes, userFrom, userTo, movieIdOf(movie), rating, seconds);
    return true;
  }

  return function readBlock(block: Buffer, firstLine: number): { lines: number; rows: number } {
    bytes = block;
    let line = firstLine;
    let blank = 0;
    for (let start = 0; start < block.length; start = at, line += 1) {
      at = start;
      if (readRow(line)) continue;
      at = block.indexOf(NEWLINE, start) + 1;
      const text = decodeText(block.subarray(start, at)).trimEnd();
      const raw = line === 1 ? withoutMark(text) : text;
      if (raw === '') blank += 1;
      else readAsText(raw, line);
    }
    return { lines: line - firstLine, rows: line - firstLine - blank };
  };

  function readAsText(raw: string, line: number): void {
    const fields = raw.split(separator).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
    const reason = reasonAgainst(fields);
    if (reason !== null) return onReject({ line, reason, raw });
    const [user = '', movie = '', rating = '', seconds = ''] = fields;
    const movieId = movie === '' ? Number.NaN : movieIdOf(Number(movie));
    rows.add(line, Buffer.from(user), 0, user.length, movieId, numberOf(rating), numberOf(seconds));
  }
}

const numberOf = (text: string) => (text === '' ? Number.NaN : Number(text));

/** Why a line is no rating; null where it is one, be it with empty fields. */
function reasonAgainst(fields: readonly string[]): string | null {
  const [user = '', movie = '', rating = '', seconds = ''] = fields;
  if (fields.length !== 4) return `${fields.length} fields instead of 4`;
  if (user !== '' && !isId(user)) return `userId "${user}" is not a positive whole number`;
  if (movie !== '' && !isId(movie)) return `movieId "${movie}" is not a positive whole number`;
  if (!/^(-?\d{1,9}(\.\d{1,9})?)?$/.test(rating)) return `rating "${rating}" is no number`;
  if (!/^(-?\d{1,10})?$/.test(seconds) || Math.abs(Number(seconds)) > MAX_SECONDS) return `timestamp "${seconds}" is no time in seconds`;
  return null;
}

const isId = (text: string) => /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_ID;
