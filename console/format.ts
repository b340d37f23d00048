/** Numbers, times and sizes as people read them. Pure: the reader's language and zone are the caller's to give. */

/** `0.4 s`, `12 s`, `3 m 05 s`, `2 h 07 m`, `3 d 02 h` */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const [large, small, names] = UNITS.find(([unit]) => seconds >= unit) ?? UNITS[2];
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${names[0]} ${String(rest).padStart(2, '0')} ${names[1]}`;
}
const UNITS = [
  [86_400, 3_600, ['d', 'h']],
  [3_600, 60, ['h', 'm']],
  [60, 1, ['m', 's']],
] as const;

/** `1,204`, `0.4213`, `1.2e-7`: whole numbers whole, others with four significant digits. */
export function numberText(value: number, language: string): string {
  if (Number.isInteger(value)) return new Intl.NumberFormat(language).format(value);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) return String(Number(value.toPrecision(2)));
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value);
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
      return value < 1 ? `${said(value * 1_000)} ms` : durationText(value * 1_000);
    case 'reqps':
      return `${said(value)}/s`;
    case 'bytes':
    case 'Bps': {
      const power = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log(value) / Math.log(1_000)));
      return `${said(value / 1_000 ** power)} ${BYTES[power]}${unit === 'Bps' ? '/s' : ''}`;
    }
    default:
      return said(value);
  }
}
