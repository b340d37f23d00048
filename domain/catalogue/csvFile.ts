import { parse, CsvError } from 'csv-parse';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { permanent } from '../../contracts/failures.ts';
import { decodeText } from './decodeText.ts';

export interface CsvRecord {
  /** Line of the file where the record ends, the header being line 1. */
  readonly line: number;
  readonly fields: readonly string[];
  readonly raw: string;
}

/**
 * Reads a CSV file record by record, in constant memory.
 * @throws Failure `SourceUnavailable` where the file is missing, `SourceCorrupt` where it is empty, ends in the middle of a
 *   line, has another header, or differs from the folder's SHA256SUMS
 */
export async function* readCsvFile(file: string, header: readonly string[]): AsyncGenerator<CsvRecord> {
  await checkWhole(file);
  const asText = (await beginsWithMark(file)) ? (field: string) => field : fromBytes;
  const parser = createReadStream(file).pipe(
    parse({ encoding: 'latin1', bom: true, info: true, raw: true, relax_column_count: true, skip_empty_lines: true }),
  );
  let isFirst = true;
  try {
    for await (const { record, info, raw } of parser as AsyncIterable<{ record: string[]; info: { lines: number }; raw: string }>) {
      if (!isFirst) yield { line: info.lines, fields: record.map(asText), raw: asText(raw).trimEnd() };
      else if (record.join() !== header.join()) throw corrupt(file, `its header is "${record.join()}", not "${header.join()}"`);
      isFirst = false;
    }
  } catch (error) {
    if (error instanceof CsvError) throw corrupt(file, error.message);
    throw error;
  }
  if (isFirst) throw corrupt(file, 'it has no header');
}

/** The parser gives a character a byte, so that a row in Latin-1 does not lose its letters; of a file with a byte order mark it gives text. */
const fromBytes = (field: string) => decodeText(Buffer.from(field, 'latin1'));

async function beginsWithMark(file: string): Promise<boolean> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(3), 0, 3, 0).finally(() => handle.close());
  return buffer.toString('latin1') === '\xef\xbb\xbf';
}

/**
 * That a file is there and ends as a whole one does, and is the one its folder's SHA256SUMS names.
 * @throws Failure `SourceUnavailable` or `SourceCorrupt`
 */
export async function checkWhole(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => {
      throw permanent('SourceUnavailable', `${path.basename(file)} is missing in ${path.dirname(file)}`);
    },
  );
  if (size === 0) throw corrupt(file, 'it is empty');
  if ((await lastByte(file, size)) !== '\n') throw corrupt(file, 'it is truncated: its last line does not end');
  await checkSum(file);
}

async function lastByte(file: string, size: number): Promise<string> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1).finally(() => handle.close());
  return buffer.toString();
}

/** A cut at the end of a line leaves no other trace; a set that brings its checksums is held to them. */
async function checkSum(file: string) {
  const sums = await readFile(path.join(path.dirname(file), 'SHA256SUMS'), 'utf8').catch(() => '');
  const expected = sums
    .split('\n')
    .find((line) => line.endsWith(`  ${path.basename(file)}`))
    ?.slice(0, 64);
  if (expected === undefined) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== expected) throw corrupt(file, 'it is truncated or changed: its sha256 is not the one in SHA256SUMS');
}

const corrupt = (file: string, reason: string) => permanent('SourceCorrupt', `${path.basename(file)} cannot be used: ${reason}`);
