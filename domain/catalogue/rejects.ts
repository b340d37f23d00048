import { rm, writeFile } from 'node:fs/promises';
import { replaceFile } from '../../platform/replaceFile.ts';
import type { Reject } from './source.ts';

export const REJECTS_HEADER = 'line,reason,raw\n';
const field = (text: string | number) => `"${String(text).replaceAll('"', '""')}"`;
/** A line of CSV under the header. */
export const rejectLine = ({ line, reason, raw }: Reject): string => `${[line, reason, raw].map(field).join()}\n`;

/**
 * Writes the rows that were set aside as CSV: line, reason, raw.
 * @returns the file's path, or null where nothing was set aside; a file of an earlier try is removed then
 */
export async function writeRejects(file: string, rejects: readonly Reject[]): Promise<string | null> {
  if (rejects.length === 0) return rm(file, { force: true }).then(() => null);
  await replaceFile(file, (aside) => writeFile(aside, REJECTS_HEADER + rejects.map(rejectLine).join('')));
  return file;
}
