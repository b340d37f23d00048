/** A field of a calendar as Temporal keeps it: an end of 0 means the start, a step of 0 means 1. */
interface Range {
  readonly start?: number | null;
  readonly end?: number | null;
  readonly step?: number | null;
}
type FieldName = 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek' | 'year';
export type Calendar = { readonly [Name in FieldName]?: readonly Range[] | null } & { readonly comment?: string | null };

interface Field {
  readonly name: FieldName;
  readonly from: number;
  readonly to: number;
  /** Names that a cron line may give the values, the first of them `from` */
  readonly words?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'dayOfMonth', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'dayOfWeek', from: 0, to: 6, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const SECOND: Field = { name: 'second', from: 0, to: 59 };
const YEAR: Field = { name: 'year', from: 2000, to: 2100 };

/**
 * The cron line of a calendar: the one that it was made from, which we leave in its comment, as long as it says the same; else one that does. Where the
 * calendar names years a sixth field says them, where it names seconds a field before all others, as Temporal reads cron lines.
 */
export function cronOf(calendar: Calendar): string {
  const second = textOf(SECOND, calendar.second);
  const years = calendar.year?.length ? textOf(YEAR, calendar.year) : '*';
  const line = FIELDS.map((field) => textOf(field, calendar[field.name])).join(' ');
  if (second !== '0' && second !== '') return `${second} ${line} ${years}`;
  if (years !== '*') return `${line} ${years}`;
  return calendar.comment && saysTheSame(calendar.comment, calendar) ? calendar.comment : line;
}

/** As Temporal reads an interval in a cron line. Both in ms. */
export const cronOfInterval = ({ every, offset = 0 }: { readonly every: number; readonly offset?: number | undefined }): string =>
  `@every ${every / 1_000}s${offset > 0 ? `/${offset / 1_000}s` : ''}`;

const isAll = ({ from, to }: Field, values: readonly number[]) => values.length === to - from + 1;

function textOf(field: Field, ranges: readonly Range[] | null | undefined): string {
  if (isAll(field, valuesOf(ranges))) return '*';
  const texts = (ranges ?? []).map((range) => {
    const { start, end, step } = bounded(range);
    if (start === end) return String(start);
    const span = start === field.from && end === field.to ? '*' : `${start}-${end}`;
    return step === 1 ? span : `${span}/${step}`;
  });
  return texts.join(',');
}

function bounded({ start, end, step }: Range): { start: number; end: number; step: number } {
  const first = start ?? 0;
  return { start: first, end: Math.max(first, end ?? 0), step: Math.max(1, step ?? 1) };
}

const sorted = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b);

const valuesOf = (ranges: readonly Range[] | null | undefined): number[] =>
  sorted(
    (ranges ?? []).flatMap((range) => {
      const { start, end, step } = bounded(range);
      return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, at) => start + at * step);
    }),
  );

/** Whether a cron line of five fields means this calendar. */
function saysTheSame(line: string, calendar: Calendar): boolean {
  const texts = line.trim().split(/\s+/);
  return (
    texts.length === FIELDS.length &&
    FIELDS.every((field, at) => String(valuesOfText(field, texts[at]!)) === String(valuesOf(calendar[field.name])))
  );
}

function valuesOfText(field: Field, text: string): number[] {
  const ranges = text.split(',').map((part): Range => {
    const [span = '', step] = part.split('/');
    const [start = '', end] = /^[*?]$/.test(span) ? [String(field.from), String(field.to)] : span.split('-');
    const last = end ?? (step === undefined ? start : String(field.to)); // 5/10 goes on to the end
    return { start: numberOf(field, start), end: numberOf(field, last), step: Number(step ?? 1) };
  });
  // Sunday is 0, and 7 in some lines.
  return sorted(valuesOf(ranges).map((value) => (field.name === 'dayOfWeek' ? value % 7 : value)));
}

function numberOf({ from, words = [] }: Field, text: string): number {
  const word = words.findIndex((name) => text.toLowerCase().startsWith(name));
  return word === -1 ? Number(text) : from + word;
}
