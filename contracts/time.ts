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

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
