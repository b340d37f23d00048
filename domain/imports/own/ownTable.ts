import { decompress as unpackZstd } from 'fzstd';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type Compressors } from 'hyparquet';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { isStorable } from '../../../contracts/text.ts';
import { UNREADABLE } from '../../catalogue/decodeText.ts';
import type { SourceRow } from '../../catalogue/source.ts';
import { checkWhole, unusable } from '../reading/checkWhole.ts';
import { readStart } from '../reading/fileStart.ts';
import { column, headerNames, isRecord, noTextIn, readLines, readRecords, UNSTORABLE_ROW, type Table } from '../reading/records.ts';

/** A row by the names of its columns; null and undefined stand for nothing. */
export type OwnRow = Readonly<Record<string, unknown>>;

/** A file of somebody's own columns. */
export interface OwnTable {
  readonly file: string;
  readonly columns: readonly string[];
  /** Columns of lists and objects, which say nothing here. */
  readonly nested: readonly string[];
  /** Rows with the line, or the row of a Parquet file, that they stand in; memory is a block of them. */
  readonly rows: () => AsyncGenerator<SourceRow<OwnRow>>;
}

const SEPARATORS = [',', '\t', ';', '|'];
/** Objects of JSON Lines need not have the same fields; so many are looked at for their names. */
const LOOKED_AT_ROWS = 1_000;
const PARQUET_ROWS = 50_000;
const UNPACKERS: Compressors = {
  GZIP: (packed) => gunzipSync(packed),
  BROTLI: (packed) => brotliDecompressSync(packed),
  ZSTD: (packed, length) => unpackZstd(packed, new Uint8Array(length)),
};

/**
 * Opens a file of CSV (also by tabs, semicolons or bars), JSON Lines or Parquet, by how its name ends.
 * @param encoding of its text; UTF-8, or Windows-1252 where a line is no UTF-8, when missing. Parquet says itself how its text is written
 * @throws Failure `SourceUnavailable` where it is missing, `SourceCorrupt` where it is empty or no such file
 */
export async function openOwnTable(file: string, encoding?: string): Promise<OwnTable> {
  await checkWhole(file);
  const ending = path.extname(file).toLowerCase();
  if (ending === '.parquet') return openParquetTable(file);
  const isJsonLines = ['.jsonl', '.ndjson'].includes(ending);
  const fault = shapeFault(await readStart(file), isJsonLines);
  if (fault !== null) throw unusable(file, fault);
  if (isJsonLines) return openJsonLines(file, encoding);
  return openSeparated(file, encoding);
}

/** Why what is called text of one shape is of another; null where it looks as it should. */
function shapeFault(start: Buffer, isJsonLines: boolean): string | null {
  const text = start
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('PAR1')) return 'it is Parquet; call it so that it ends with .parquet';
  if (/^\[\s*[[{]/.test(text))
    return 'it is a JSON array; JSON Lines are read, one object a line with nothing around them (jq -c ".[]" makes them)';
  return !isJsonLines && /^\{\s*"/.test(text) ? 'it is JSON; a file of JSON Lines, one object a line, ends with .jsonl or .ndjson' : null;
}

async function openSeparated(file: string, encoding: string | undefined): Promise<OwnTable> {
  const header = await firstOf(readLines(file, encoding));
  const separator = SEPARATORS.reduce((best, one) => (count(header, one) > count(header, best) ? one : best));
  const columns = headerNames(header, separator);
  if (columns.some((name, at) => name === '' || columns.indexOf(name) !== at)) {
    throw unusable(file, `its first line must name each column once; it is "${header.slice(0, 200)}"`);
  }
  const table: Table = { separator, hasHeader: true, columns: columns.map((name) => column(name)) };
  async function* rows(): AsyncGenerator<SourceRow<OwnRow>> {
    for await (const record of readRecords(file, table, encoding)) {
      if (isRecord(record)) yield { line: record.line, row: Object.fromEntries(columns.map((name, at) => [name, record.fields[at]])) };
      else yield record;
    }
  }
  return { file, columns, nested: [], rows };
}

async function openJsonLines(file: string, encoding: string | undefined): Promise<OwnTable> {
  const names = new Map<string, boolean>();
  let looked = 0;
  for await (const one of readJsonLines(file, encoding)) {
    if ('row' in one) for (const [name, value] of Object.entries(one.row)) names.set(name, isNested(value) || (names.get(name) ?? false));
    if (++looked === LOOKED_AT_ROWS) break;
  }
  if (names.size === 0) throw unusable(file, 'none of its first lines is a JSON object; each line is one');
  const nested = [...names].filter(([, is]) => is).map(([name]) => name);
  return { file, columns: [...names.keys()].filter((name) => !nested.includes(name)), nested, rows: () => readJsonLines(file, encoding) };
}

async function* readJsonLines(file: string, encoding: string | undefined): AsyncGenerator<SourceRow<OwnRow>> {
  for await (const { line, text } of readLines(file, encoding)) {
    if (text.trim() === '') continue;
    const row = parsedObject(text);
    if (encoding !== undefined && text.includes(UNREADABLE)) yield { line, raw: text, reason: noTextIn(encoding) };
    else if (row === null) yield { line, raw: text, reason: 'it is no JSON object' };
    else if (!isStorable(JSON.stringify(Object.values(row)).replaceAll('\\u0000', '\0'))) yield { line, raw: text, reason: UNSTORABLE_ROW };
    else yield { line, row };
  }
}

function parsedObject(text: string): OwnRow | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as OwnRow) : null;
  } catch {
    return null;
  }
}

async function openParquetTable(file: string): Promise<OwnTable> {
  const source = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(source).catch((error: unknown) => {
    throw unusable(file, `it is no Parquet file: ${(error as Error).message}`);
  });
  const [flat, nested] = topColumns(metadata.schema);
  const length = Number(metadata.num_rows);
  if (length === 0) throw unusable(file, 'it has no rows');
  async function* rows(): AsyncGenerator<SourceRow<OwnRow>> {
    for (let from = 0; from < length; from += PARQUET_ROWS) {
      const range = { rowStart: from, rowEnd: Math.min(length, from + PARQUET_ROWS) };
      const read = await parquetReadObjects({ file: source, metadata, compressors: UNPACKERS, columns: flat, ...range }).catch(
        (error: unknown) => {
          throw unusable(file, (error as Error).message);
        },
      );
      for (const [at, row] of read.entries()) yield { line: from + at + 1, row };
    }
  }
  return { file, columns: flat, nested, rows };
}

/** Columns of values, and those with columns or lists inside. */
function topColumns([root, ...rest]: readonly { name: string; num_children?: number; repetition_type?: string }[]): [string[], string[]] {
  const [flat, nested]: [string[], string[]] = [[], []];
  let at = 0;
  const skip = () => {
    for (let left = rest[at++]?.num_children ?? 0; left > 0; left -= 1) skip();
  };
  for (let left = root?.num_children ?? 0; left > 0; left -= 1) {
    const { name, num_children = 0, repetition_type } = rest[at]!;
    (num_children > 0 || repetition_type === 'REPEATED' ? nested : flat).push(name);
    skip();
  }
  return [flat, nested];
}

const isNested = (value: unknown) => typeof value === 'object' && value !== null;
const count = (text: string, part: string) => text.split(part).length;
async function firstOf(lines: ReturnType<typeof readLines>): Promise<string> {
  for await (const { text } of lines) return text.replace(/\r$/, '');
  return '';
}
