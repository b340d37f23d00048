/** Numbers, times and sizes as people read them. Pure: the reader's language and zone are the caller's to give. */

/** `0.4 s`, `12 s`, `3 m 05 s`, `2 h 07 m`, `3 d 02 h`; in Korean `12초`, `3분 05초` */
export function durationText(ms: number, language: string): string {
  const names = language.startsWith('ko') ? KOREAN_UNITS : SHORT_UNITS;
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)}${names.s}`;
  if (seconds < 60) return `${Math.floor(seconds)}${names.s}`;
  const [large, small, first, second] = UNITS.find(([unit]) => seconds >= unit) ?? UNITS[2];
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}${names[first]} ${String(rest).padStart(2, '0')}${names[second]}`;
}
const UNITS = [
  [86_400, 3_600, 'd', 'h'],
  [3_600, 60, 'h', 'm'],
  [60, 1, 'm', 's'],
] as const;
const SHORT_UNITS = { d: ' d', h: ' h', m: ' m', s: ' s' };
const KOREAN_UNITS = { d: '일', h: '시간', m: '분', s: '초' };

/** `2018`, `12,204`, `0.4213`, `1.2e-7`: whole numbers and thousands whole, others with four significant digits. */
export function numberText(value: number, language: string): string {
  const size = Math.abs(value);
  // Years are numbers too, so four digits stand together.
  const format = (digits: Intl.NumberFormatOptions) => new Intl.NumberFormat(language, { useGrouping: 'min2', ...digits }).format(value);
  if (size >= 1_000 || value === 0) return format({ maximumFractionDigits: 0 });
  return size < 1e-4 ? String(Number(value.toPrecision(2))) : format({ maximumSignificantDigits: 4 });
}

/** `12 s ago`, `3 hours ago`, `in 2 days` */
export function agoText(iso: string, now: number, language: string): string {
  const seconds = (Date.parse(iso) - now) / 1_000;
  const [unit, size] = AGO.find(([, each]) => Math.abs(seconds) >= each) ?? AGO[AGO.length - 1]!;
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }).format(Math.trunc(seconds / size), unit);
}
const AGO: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_556_952],
  ['month', 2_629_746],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** A moment by the reader's clocks, to the second. @param zone the browser's own when missing */
export const timeText = (iso: string, language: string, zone?: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', ...(zone !== undefined && { timeZone: zone }) }).format(
    new Date(iso),
  );

/** Where a graph begins and ends: clocks within a day, days with the hour within a fortnight, else days, with their year where it is not this one. @param span in seconds */
export function endsText({ from, until }: { from: number; until: number }, now: number, language: string, zone?: string): [string, string] {
  const days = (until - from) / 86_400;
  const isThisYear = [from, until].every((seconds) => new Date(seconds * 1_000).getFullYear() === new Date(now).getFullYear());
  const day: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric', ...(!isThisYear && { year: 'numeric' }) };
  const clock: Intl.DateTimeFormatOptions = { timeStyle: 'short' };
  const format = new Intl.DateTimeFormat(language, {
    ...(days <= 1 ? clock : days <= 14 ? { ...day, hour: '2-digit' } : day),
    ...(zone !== undefined && { timeZone: zone }),
  });
  return [format.format(from * 1_000), format.format(until * 1_000)];
}

/** A moment as a field for one has it, by the reader's clocks; nothing where it is none. */
export function fieldText(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** What a field for a moment has, as a moment for everybody. */
export const momentOf = (field: string): string => (field === '' ? '' : new Date(field).toISOString());

/** An argument as a POSIX shell takes it. */
const shellText = (argument: string): string => (/^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`);

/** `npx mlops show training/a1`: a command that does the same, as it runs in the project's folder. */
export const commandText = (...args: readonly string[]): string => ['npx', 'mlops', ...args.map(shellText)].join(' ');

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A measured value with its unit as Grafana calls it: `percentunit` is 0 to 1, `s` seconds, `reqps` a second. */
export function measuredText(value: number, unit: string | undefined, language: string): string {
  const said = (number: number) => numberText(Number(number.toPrecision(3)), language);
  switch (unit) {
    case 'percentunit':
      return `${said(value * 100)} %`;
    case 'percent':
      return `${said(value)} %`;
    case 's':
      return value < 1 ? `${said(value * 1_000)} ms` : durationText(value * 1_000, language);
    case 'reqps':
      return `${said(value)}/s`;
    case 'bytes':
    case 'Bps': {
      const power = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log(value) / Math.log(1_000)));
      return `${said(value / 1_000 ** power)} ${BYTES[power]}${unit === 'Bps' ? '/s' : ''}`;
    }
    default:
      return numberText(value, language);
  }
}
