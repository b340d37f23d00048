import { parseTime } from '../../../contracts/time.ts';

/** Numbers from here on are no seconds (of the year 5138) but milliseconds (of 1973), and so on by thousands. */
const [MILLIS_FROM, MICROS_FROM, NANOS_FROM] = [1e11, 1e14, 1e17];

/**
 * A time in any usual form: seconds, milliseconds, micro- or nanoseconds since 1970, told apart by their size and so row by row; ISO 8601, a date
 * (`2026-11-23`, `20261123`), a Date. @returns milliseconds since 1970; NaN where it is none
 */
export function readOwnTime(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint' || typeof value === 'number') return ofNumber(Number(value));
  if (typeof value !== 'string') return Number.NaN;
  const text = value.trim();
  if (/^(19|20)\d{6}$/.test(text)) return parseTime(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`);
  return /^\d+(\.\d+)?$/.test(text) ? ofNumber(Number(text)) : parseTime(text);
}

function ofNumber(value: number): number {
  if (value >= NANOS_FROM) return Math.round(value / 1e6);
  if (value >= MICROS_FROM) return Math.round(value / 1e3);
  return Math.round(value >= MILLIS_FROM ? value : value * 1e3);
}
