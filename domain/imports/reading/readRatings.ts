import type { Reject } from '../../catalogue/source.ts';
import { decodeText, withoutMark } from '../../catalogue/decodeText.ts';
import { MAX_MOVIE_ID } from './ids.ts';
import type { RatingRows } from './ratingRows.ts';
import { MAX_SECONDS, readRatingText, type RatingForm } from './ratingText.ts';
import { withoutReturn } from './records.ts';

const [NEWLINE, RETURN, DOT, ZERO, NINE] = [0x0a, 0x0d, 0x2e, 0x30, 0x39];

export interface RatingReaderOptions {
  readonly form: RatingForm;
  readonly rows: Pick<RatingRows, 'add'>;
  readonly onReject: (reject: Reject) => void;
  /** Catalogue id of a movie by its id in the set. */
  readonly movieIdOf: (setId: number) => number;
}

/**
 * Reads lines of ratings. What any rating of MovieLens looks like is read byte by byte, which gives what `readRatingText` would; every other line is
 * given to that, and set aside with the reason where it is no rating.
 * @returns a function that takes whole lines and the number of the first, and gives how many there were and how many of them said something
 */
export function createRatingReader({ form, rows, onReject, movieIdOf }: RatingReaderOptions) {
  const [first = 0, second] = Buffer.from(form.separator);
  const isInOrder = form.width === 4 && form.positions.every((position, column) => position === column);
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
    const movieFrom = at;
    const movie = readDigits();
    if (movie <= 0 || movie > MAX_MOVIE_ID || bytes[movieFrom] === ZERO || !skipSeparator()) return false;
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
      if (isInOrder && readRow(line)) continue;
      at = block.indexOf(NEWLINE, start) + 1;
      const text = withoutReturn(decodeText(block.subarray(start, at - 1)));
      const raw = line === 1 ? withoutMark(text) : text;
      if (raw.trim() === '') blank += 1;
      else readAsText(raw, line);
    }
    return { lines: line - firstLine, rows: line - firstLine - blank };
  };

  function readAsText(raw: string, line: number): void {
    const read = readRatingText(raw, form);
    if (typeof read === 'string') return onReject({ line, reason: read, raw });
    const { user, movie, rating, seconds } = read;
    rows.add(line, Buffer.from(user), 0, user.length, movie === '' ? Number.NaN : movieIdOf(Number(movie)), rating, seconds);
  }
}
