const TIME = /^(\d{4})-(\d\d)-(\d\d)([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?$/;

/**
 * ISO 8601, also as Python's `str` has it; a time that names no offset is UTC.
 * @returns milliseconds since 1970; NaN where it is none, a day that its month has not too, which `Date` takes for one of the next month, and the year 0
 */
export function parseTime(text: string): number {
  const [, year, month, day, clock = 'T00:00', , , , zone = 'Z'] = TIME.exec(text) ?? [];
  if (year === undefined || year === '0000' || Number(day) > daysOf(Number(year), Number(month))) return NaN;
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  return Date.parse(`${year}-${month}-${day}${clock.replace(' ', 'T')}${offset}`);
}

/**
 * The same as text, UTC, to the microsecond, for which `Date` has no room: `2026-11-23T10:20:30.123456Z`. Such texts sort as their times do.
 * @returns undefined where it is none, or in no year that every store has
 */
export function exactTime(text: string): string | undefined {
  const ms = parseTime(text);
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) return undefined;
  const fraction = TIME.exec(text)?.[6] ?? '.';
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction.slice(1, 7).padEnd(6, '0')}Z`;
}

/** From the year 1 to 9999, as Python and Postgres have them both. */
export const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
export const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a span has its end behind its start; true where one of them is no time, which has its own message. */
export const isSpan = ({ start, end }: { start?: string | undefined; end?: string | undefined }): boolean =>
  start === undefined || end === undefined || !(parseTime(start) >= parseTime(end));
export const NO_SPAN = 'must come after start';

/** Whether a time says where it is, with an offset or `Z`. */
export const namesOffset = (text: string): boolean => TIME.exec(text)?.[8] !== undefined;

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
