import { parquetMetadataAsync, parquetRead, parquetReadObjects, type DecodedArray, type FileMetaData, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { permanent } from '../contracts/failures.ts';

/** A file's rows, a group at a time: the values of each column, by its name, from a row on and before another. */
export interface ParquetRows {
  readonly schema: SchemaElement[];
  readonly length: number;
  readonly group: (from: number, to: number) => Readonly<Record<string, readonly unknown[]>>;
}

/** Rows that are turned into objects at a time. */
const GROUP_ROWS = 100_000;

// hyparquet's own decoder takes a byte order mark off the front of a text, and lets bytes pass that are none.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const parsers = { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes) };

/**
 * Writes rows as Parquet, and reads them back: what is not read as it was written is found here, not by whoever needs the file.
 * @param file name to call it by
 * @throws Failure `ValueNotKept` that names the first such row and column
 */
export async function writeParquet(file: string, { schema, length, group }: ParquetRows): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema });
  const groups = Array.from({ length: Math.ceil(length / GROUP_ROWS) }, (_, nth) => nth * GROUP_ROWS);
  for (const from of groups) {
    const columns = Object.entries(group(from, Math.min(length, from + GROUP_ROWS)));
    await parquet.write({ columnData: columns.map(([name, data]) => ({ name, data: data as DecodedArray })), rowGroupSize: GROUP_ROWS });
  }
  await parquet.finish();
  const bytes = writer.getBytes();
  const metadata = await openParquet(bytes);
  for (const from of groups) await compareGroup(file, bytes, metadata, from, group(from, Math.min(length, from + GROUP_ROWS)));
  return bytes;
}

/** @throws Error where it is no Parquet file */
export const openParquet = (bytes: Uint8Array): Promise<FileMetaData> => parquetMetadataAsync(asFile(bytes), { parsers });

/** Reads one column, so that no row becomes an object. @throws Error where it cannot be read */
export async function readParquetColumn<Value>(
  bytes: Uint8Array,
  metadata: FileMetaData,
  column: string,
  take: (value: Value, row: number) => void,
  range: { rowStart?: number; rowEnd?: number } = {},
): Promise<void> {
  let failure: { error: unknown } | undefined;
  await parquetRead({
    file: asFile(bytes),
    metadata,
    parsers,
    columns: [column],
    ...range,
    onChunk({ columnData, rowStart }) {
      try {
        for (let index = 0; index < columnData.length && !failure; index += 1) take(columnData[index] as Value, rowStart + index);
      } catch (error) {
        failure = { error }; // thrown from here it would be nobody's
      }
    },
  });
  if (failure) throw failure.error;
}

export const readParquetRows = (bytes: Uint8Array): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({ file: asFile(bytes), parsers });

/** A file that is read in parts. */
export interface ParquetSource {
  readonly bytes: number;
  /** Bytes from `start` to before `end` */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

interface RowGroup {
  readonly from: number;
  readonly to: number;
}

/** Reads columns group by group, so that no more than one column of one group is in memory. @throws Error where it is no Parquet file */
export async function createParquetReader({ bytes, read }: ParquetSource) {
  const file = {
    byteLength: bytes,
    slice: async (start: number, end = bytes) => new Uint8Array(await read(start < 0 ? bytes + start : start, end)).buffer,
  };
  const metadata = await parquetMetadataAsync(file, { parsers });
  let next = 0;
  const groups = metadata.row_groups.map(({ num_rows }): RowGroup => ({ from: next, to: (next += Number(num_rows)) }));
  return {
    groups: groups as readonly RowGroup[],
    async column<Value>(name: string, { from, to }: RowGroup): Promise<Value[]> {
      const values: Value[] = [];
      await parquetRead({
        ...{ file, metadata, parsers, columns: [name], rowStart: from, rowEnd: to },
        onChunk: ({ columnData }) => {
          for (const value of columnData) values.push(value as Value);
        },
      });
      return values;
    },
  };
}

const asFile = (bytes: Uint8Array) => ({
  byteLength: bytes.byteLength,
  slice: (start: number, end = bytes.byteLength) => new Uint8Array(bytes.subarray(start, end)).buffer,
});

async function compareGroup(
  file: string,
  bytes: Uint8Array,
  metadata: FileMetaData,
  from: number,
  written: ReturnType<ParquetRows['group']>,
) {
  for (const [column, values] of Object.entries(written)) {
    let at = 0;
    const compare = (read: unknown, row: number) => {
      at += 1;
      if (!isSame(values[row - from], read)) throw notKept(file, row, column, read, firstValues(written, row - from));
    };
    await readParquetColumn(bytes, metadata, column, compare, { rowStart: from, rowEnd: from + values.length });
    if (at !== values.length) throw notKept(file, from + at, column, undefined, firstValues(written, at));
  }
}

function isSame(written: unknown, read: unknown): boolean {
  if (written === read) return true;
  if (typeof written === 'number') return Math.fround(written) === read;
  if (written instanceof Date) return written.getTime() === (read as Date | undefined)?.getTime();
  const items = (read ?? []) as unknown[]; // a list of nothing may be read as none
  if (Array.isArray(written)) return written.length === items.length && written.every((item, at) => isSame(item, items[at]));
  return (written ?? null) === null && (read ?? null) === null;
}

/** Of the columns that say which row it is. */
const firstValues = (written: ReturnType<ParquetRows['group']>, at: number) =>
  Object.entries(written)
    .slice(0, 2)
    .map(([column, values]) => `${column} ${showText(values[at])}`)
    .join(', ');

const notKept = (file: string, row: number, column: string, read: unknown, which: string) =>
  permanent(
    'ValueNotKept',
    `${file} cannot hold row ${row} (${which}): its ${column} is read back as ${showText(read)}. Change or delete that row where it comes from`,
  );

/** As JSON, with what cannot be seen spelt out. */
export const showText = (value: unknown): string =>
  String(JSON.stringify(value)).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
