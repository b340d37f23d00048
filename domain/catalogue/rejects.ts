import { rm, writeFile } from 'node:fs/promises';
import { replaceFile } from '../../platform/replaceFile.ts';
import type { Reject } from './source.ts';

const field = (text: string | number) => `"${String(text).replaceAll('"', '""')}"`;

/**
 * Writes the rows that were set aside as CSV: line, reason, raw.
 * @returns the file's path, or null where nothing was set aside; a file of an earlier try is removed then
 */
export async function writeRejects(file: string, rejects: readonly Reject[]): Promise<string | null> {
  if (rejects.length === 0) return rm(file, { force: true }).then(() => null);
  const lines = rejects.map(({ line, reason, raw }) => [line, reason, raw].map(field).join());
  await replaceFile(file, (aside) => writeFile(aside, `line,reason,raw\n${lines.join('\n')}\n`));
  return file;
}
