import { parse } from 'csv-parse/sync';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { rejectLine, REJECTS_HEADER } from '../../catalogue/rejects.ts';
import type { Reject } from '../../catalogue/source.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';

const HEADER = Buffer.from(REJECTS_HEADER);
const SAMPLE_ROWS = 10;
const SAMPLE_BYTES = 64 * 1024;
/** A line that is no row may be of any length. */
const MAX_CHARACTERS = 1_000;
const bounded = (text: string) => text.slice(0, MAX_CHARACTERS);

export interface RejectsFile {
  /** Keeps a row that could not be read for the next flush. */
  add(reject: Reject): void;
  /** Writes lines that are in the file's form already. */
  addLines(lines: Buffer): Promise<void>;
  /** Those of the first few rows that an earlier try wrote which break a rule. */
  sample(rule: string): Promise<{ line: number; reason: string }[]>;
  /** Rows added so far under a rule. */
  count(rule: string): number;
  /** Writes what was added. @returns the file's length, which is where a later try goes on */
  flush(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A CSV of rows that were set aside: line, rule, reason, raw. It grows as they come, so that no more than a block of them is in memory, and is not
 * made before the first.
 * @param readable the rule that rows break which cannot be read, such as `movies.readable`
 * @param length what an earlier try is known to have written; the rest is cut off
 */
export async function openRejectsFile(file: string, readable: string, length: number): Promise<RejectsFile> {
  if (length === 0) await rm(file, { force: true });
  const handle = length === 0 ? undefined : await open(file, 'r+');
  await handle?.truncate(length);
  let opened = handle;
  let written = length;
  let waiting: string[] = [];
  const counts = new Map<string, number>();
  async function append(lines: Buffer): Promise<void> {
    if (!opened) await makeFolder(path.dirname(file));
    opened ??= await open(file, 'w+');
    const bytes = written === 0 ? Buffer.concat([HEADER, lines]) : lines;
    await opened.write(bytes, 0, bytes.length, written);
    written += bytes.length;
  }
  return {
    add(reject) {
      const { rule = readable } = reject;
      waiting.push(rejectLine(rule, { line: reject.line, reason: bounded(reject.reason), raw: bounded(reject.raw) }));
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
    },
    count: (rule) => counts.get(rule) ?? 0,
    addLines: append,
    async sample(wanted) {
      const start = await opened?.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
      const text = start?.buffer.subarray(0, start.bytesRead).toString() ?? '';
      const rows: string[][] = parse(text, { from: 2, to: SAMPLE_ROWS + 1 });
      return rows.filter(([, rule]) => rule === wanted).map(([line, , reason = '']) => ({ line: Number(line), reason }));
    },
    async flush() {
      if (waiting.length > 0) await append(Buffer.from(waiting.join('')));
      waiting = [];
      return written;
    },
    close: async () => opened?.close(),
  };
}
