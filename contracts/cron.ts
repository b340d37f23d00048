import { z } from 'zod';

/** A field of a cron line. */
export interface CronField {
  /** For words about it */
  readonly label: string;
  readonly from: number;
  readonly to: number;
  /** Names that a line may give the values, the first of them `from` */
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export const CRON_FIELDS = {
  second: { label: 'second', from: 0, to: 59 },
  minute: { label: 'minute', from: 0, to: 59 },
  hour: { label: 'hour', from: 0, to: 23 },
  dayOfMonth: { label: 'day of the month', from: 1, to: 31 },
  month: { label: 'month', from: 1, to: 12, words: MONTHS },
  dayOfWeek: { label: 'day of the week', from: 0, to: 6, words: DAYS },
  year: { label: 'year', from: 2000, to: 2100 },
} as const satisfies Record<string, CronField>;
export type CronFieldName = keyof typeof CRON_FIELDS;

const FIVE = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;
/** As Temporal reads lines: of six fields the last is the year, of seven the first is the second. */
const NAMES_BY_COUNT: Readonly<Record<number, readonly CronFieldName[]>> = {
  5: FIVE,
  6: [...FIVE, 'year'],
  7: ['second', ...FIVE, 'year'],
};

/** The names that Airflow and cron have for lines. */
const CRON_PRESETS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@quarterly': '0 0 1 */3 *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** A line in fields, also where it is written as a name. */
export const cronFieldsOf = (line: string): string => CRON_PRESETS[line] ?? line;

export interface Interval {
  readonly every_s: number;
  readonly offset_s: number;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const LENGTH = /^(\d{1,8})([smhd])$/;

/** `2h`, or `2h/10m`: every two hours, ten minutes after; undefined for another text. */
export function parseInterval(text: string): Interval | undefined {
  const [every = NaN, offset = 0, ...rest] = text.split('/').map((length) => {
    const [, count, unit = ''] = LENGTH.exec(length) ?? [];
    return Number(count) * (SECONDS[unit] ?? NaN);
  });
  return rest.length === 0 && every > 0 && offset >= 0 && offset < every ? { every_s: every, offset_s: offset } : undefined;
}

const EVERY = '@every ';
/** The interval that a line is, as Temporal writes one: `@every 7200s/600s`. */
export const intervalOfLine = (line: string): Interval | undefined =>
  line.startsWith(EVERY) ? parseInterval(line.slice(EVERY.length)) : undefined;
export const lineOfInterval = ({ every_s, offset_s }: Interval): string => `${EVERY}${every_s}s${offset_s > 0 ? `/${offset_s}s` : ''}`;

/** Says what is wrong in a cron line; undefined where nothing is. */
function faultOfLine(line: string): string | undefined {
  if (line.startsWith(EVERY)) return intervalOfLine(line) ? undefined : 'an interval is written as `@every 2h` or, with an offset below it, `@every 2h/10m`'; // prettier-ignore
  const fields = cronFieldsOf(line).split(' ');
  const names = NAMES_BY_COUNT[fields.length];
  if (!names) return `five fields with a space between, such as \`0 3 * * *\`, or one of ${Object.keys(CRON_PRESETS).join(', ')}`;
  // Elsewhere six fields begin with the second: read as Temporal does they would mean something else.
  if (fields.length === 6 && !/^\d{4}/.test(fields[5]!)) return 'the sixth field is a year, such as 2027';
  return names.map((name, at) => faultOfField(name, fields[at]!)).find((fault) => fault !== undefined);
}

const PART = /^(?:[*?]|([a-z]{3,9}|\d{1,4})(?:-([a-z]{3,9}|\d{1,4}))?)(?:\/([1-9]\d{0,3}))?$/i;

/** Says what is wrong in one field of a cron line or a calendar. */
export function faultOfField(name: CronFieldName, text: string): string | undefined {
  const field: CronField = CRON_FIELDS[name];
  const most = name === 'dayOfWeek' ? 7 : field.to; // Sunday is 0, and 7 in some lines
  const isRight = text.split(',').every((part) => {
    const [matched, first, last] = PART.exec(part) ?? [];
    if (matched === undefined || first === undefined) return matched !== undefined;
    const [start, end] = [valueIn(field, first), valueIn(field, last ?? first)];
    return start >= field.from && end >= start && end <= most;
  });
  return isRight
    ? undefined
    : `${text} is no ${field.label}: ${field.from} to ${field.to}${field.words ? `, ${field.words[0]} to ${field.words.at(-1)}` : ''}, lists and steps of them or *`;
}

/** The number that a value of a field stands for; NaN where it is none. */
export function valueIn({ from, words = [] }: CronField, text: string): number {
  const word = words.findIndex((name) => text.toLowerCase().startsWith(name));
  return word === -1 ? Number(text) : from + word;
}

export const cronLineSchema = z
  .string()
  .max(200)
  .superRefine((line, context) => {
    const message = faultOfLine(line);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
