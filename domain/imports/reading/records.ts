import { isStorable } from '../../../contracts/text.ts';
import { createDecoder, UNREADABLE, withoutMark } from '../../catalogue/decodeText.ts';
import type { Reject } from '../../catalogue/source.ts';
import { checkWhole, unusable } from './checkWhole.ts';
import { readLineBlocks } from './lineBlocks.ts';
import { CSV_FAULTS, splitCsv } from './splitCsv.ts';

/** A column by the names that it goes by. */
export interface Column {
  readonly names: readonly string[];
  /** Empty where a file lacks it. */
  readonly isOptional?: true;
}
export const column = (...names: string[]): Column => ({ names });

/** How the lines of a file are written. */
export interface Table {
  /** Quotes mean something with a comma alone. */
  readonly separator: string;
  /** What is read, in this order, wherever the header has it; without a header the fields stand in this order. */
  readonly columns: readonly Column[];
  readonly hasHeader: boolean;
}

/** Where the columns of a table stand in a file, and how many fields a line has. */
export interface Layout {
  readonly positions: readonly number[];
  readonly width: number;
}

export interface SourceRecord {
  /** Line of the file where the record ends, the first being line 1. */
  readonly line: number;
  readonly raw: string;
  /** A field for each column of the table. */
  readonly fields: readonly string[];
}

/** Why a row is set aside that Postgres would refuse, and all rows with it. */
export const UNSTORABLE_ROW = 'it holds a character that cannot be kept: U+0000';
/** So far a quoted field may go on; a quote that closes later is none of it. */
const MAX_LINES_A_RECORD = 100;

/**
 * Reads a file record by record, in constant memory. Each line may end as it likes; blank lines are passed over; a line that is no record is set
 * aside with the reason, and the next one is read.
 * @throws Failure `SourceUnavailable` where the file is missing, `SourceCorrupt` where it is empty, has another header, or differs from the
 *   folder's SHA256SUMS
 */
export async function* readRecords(file: string, table: Table, encoding?: string): AsyncGenerator<SourceRecord | Reject> {
  await checkWhole(file);
  let layout = table.hasHeader ? undefined : layoutWithout(table);
  for await (const { line, raw, fields } of splitRecords(readLines(file, encoding), table.separator)) {
    if (!layout) layout = layoutOf(file, table, raw);
    else if (typeof fields === 'string') yield { line, raw, reason: fields };
    else if (fields.length !== layout.width) yield { line, raw, reason: wrongWidth(fields.length, layout.width) };
    else if (encoding !== undefined && raw.includes(UNREADABLE)) yield { line, raw, reason: noTextIn(encoding) };
    else if (!isStorable(raw)) yield { line, raw, reason: UNSTORABLE_ROW };
    else yield { line, raw, fields: layout.positions.map((at) => fields[at] ?? '') };
  }
  if (!layout) throw unusable(file, 'it has no header');
}

export const isRecord = (one: SourceRecord | Reject): one is SourceRecord => 'fields' in one;
export const noTextIn = (encoding: string): string => `it is no text in ${encoding}`;
export const wrongWidth = (found: number, expected: number): string => `${found} fields instead of ${expected}`;

/** Where the columns of a file stand, by its header. @throws Failure `SourceCorrupt` where it lacks one */
export function layoutOf(file: string, table: Table, header: string): Layout {
  const { separator, columns } = table;
  const split = splitRecord(header, separator);
  const names = headerNames(header, separator);
  const positions = columns.map((one) => names.findIndex((name) => one.names.includes(name)));
  if (columns.every(({ isOptional }, at) => isOptional || positions[at]! >= 0)) return { positions, width: names.length };
  const expected = columns.filter(({ isOptional }) => !isOptional).map(({ names: [name] }) => name);
  const found = typeof split === 'string' ? header : split.join(separator);
  throw unusable(file, `its header is "${found.slice(0, 200)}", not "${expected.join(separator)}"`);
}

/** Names of the columns; RecBole's have a type behind a colon. None where the header cannot be split. */
export function headerNames(header: string, separator: string): string[] {
  const split = splitRecord(header, separator);
  return typeof split === 'string' ? [] : split.map((name) => name.trim().replace(/:.*/, ''));
}

export const layoutWithout = ({ columns }: Table): Layout => ({ positions: columns.map((_, at) => at), width: columns.length });

/** @returns the fields, or what is wrong */
export function splitRecord(raw: string, separator: string): readonly string[] | string {
  if (separator !== ',') return raw.split(separator);
  const fields = splitCsv(raw);
  return typeof fields === 'string' ? CSV_FAULTS[fields] : fields;
}

interface Line {
  readonly line: number;
  readonly text: string;
}

/** The lines of a file as text, without the newline that ends them. */
export async function* readLines(file: string, encoding?: string): AsyncGenerator<Line> {
  const decode = createDecoder(encoding);
  let line = 0;
  for await (const { bytes } of readLineBlocks(file, 0)) {
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf('\n', from);
      const text = decode(bytes.subarray(from, end));
      line += 1;
      yield { line, text: line === 1 ? withoutMark(text) : text };
      from = end + 1;
    }
  }
}

interface Split {
  readonly line: number;
  readonly raw: string;
  /** What is wrong, where they cannot be told apart. */
  readonly fields: readonly string[] | string;
}

/** Lines that are not blank, each with its fields; a quoted field may go over several. */
async function* splitRecords(lines: AsyncGenerator<Line>, separator: string): AsyncGenerator<Split> {
  const unread: Line[] = [];
  const next = async (): Promise<Line | undefined> => {
    const known = unread.shift();
    if (known) return known;
    const read = await lines.next();
    return read.done === true ? undefined : read.value;
  };
  try {
    for (let first = await next(); first; first = await next()) {
      const raw = withoutReturn(first.text);
      if (raw.trim() === '') continue;
      if (separator === ',' && raw.includes('"')) {
        const found = await joinLines(first, next);
        unread.unshift(...found.unread);
        yield found.split;
      } else yield { line: first.line, raw, fields: raw.split(separator) };
    }
  } finally {
    await lines.return(undefined);
  }
}

/** The record that begins in a line, and the lines that were looked at for it in vain. */
async function joinLines(first: Line, next: () => Promise<Line | undefined>): Promise<{ split: Split; unread: readonly Line[] }> {
  const looked: Line[] = [];
  const alone = splitRecord(withoutReturn(first.text), ',');
  let text = first.text;
  let fields = alone;
  while (fields === CSV_FAULTS.unclosed && looked.length < MAX_LINES_A_RECORD) {
    const more = await next();
    if (!more) break;
    looked.push(more);
    text += `\n${more.text}`;
    fields = splitRecord(withoutReturn(text), ',');
  }
  if (typeof fields === 'string') return { split: { line: first.line, raw: withoutReturn(first.text), fields: alone }, unread: looked };
  return { split: { line: looked.at(-1)?.line ?? first.line, raw: withoutReturn(text), fields }, unread: [] };
}

/** Each line may end with a carriage return or not, whatever the others do. */
export const withoutReturn = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text);
