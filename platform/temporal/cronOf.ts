import { CRON_FIELDS, cronFieldsOf, valueIn, type CronField, type CronFieldName } from '../../contracts/cron.ts';

/** A field of a calendar as Temporal keeps it: an end of 0 means the start, a step of 0 means 1. */
interface Range {
  readonly start?: number | null;
  readonly end?: number | null;
  readonly step?: number | null;
}
export type Calendar = { readonly [Name in CronFieldName]?: readonly Range[] | null } & { readonly comment?: string | null };

const FIELDS = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/**
 * The cron line of a calendar: the one that it was made from, which we leave in its comment, as long as it says the same; else one that does. Where the
 * calendar names years a sixth field says them, where it names seconds a field before all others, as Temporal reads cron lines.
 */
export function cronOf(calendar: Calendar): string {
  const second = textOf(CRON_FIELDS.second, calendar.second);
  const years = calendar.year?.length ? textOf(CRON_FIELDS.year, calendar.year) : '*';
  const line = FIELDS.map((name) => textOf(CRON_FIELDS[name], calendar[name])).join(' ');
  if (second !== '0' && second !== '') return `${second} ${line} ${years}`;
  if (years !== '*') return `${line} ${years}`;
  return calendar.comment && saysTheSame(calendar.comment, calendar) ? calendar.comment : line;
}

const isAll = ({ from, to }: CronField, values: readonly number[]) => values.length === to - from + 1;

function textOf(field: CronField, ranges: readonly Range[] | null | undefined): string {
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

/** Whether a cron line of five fields, or of a name, means this calendar. */
function saysTheSame(line: string, calendar: Calendar): boolean {
  const texts = cronFieldsOf(line.trim()).split(/\s+/);
  return (
    texts.length === FIELDS.length &&
    FIELDS.every((name, at) => String(valuesOfText(name, texts[at]!)) === String(valuesOf(calendar[name])))
  );
}

function valuesOfText(name: CronFieldName, text: string): number[] {
  const field: CronField = CRON_FIELDS[name];
  const ranges = text.split(',').map((part): Range => {
    const [span = '', step] = part.split('/');
    const [start = '', end] = /^[*?]$/.test(span) ? [String(field.from), String(field.to)] : span.split('-');
    const last = end ?? (step === undefined ? start : String(field.to)); // 5/10 goes on to the end
    return { start: valueIn(field, start), end: valueIn(field, last), step: Number(step ?? 1) };
  });
  // Sunday is 0, and 7 in some lines.
  return sorted(valuesOf(ranges).map((value) => (name === 'dayOfWeek' ? value % 7 : value)));
}
