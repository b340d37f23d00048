import { rm, writeFile } from 'node:fs/promises';
import { toStorable } from '../../contracts/text.ts';
import { replaceFile } from '../../platform/replaceFile.ts';
import type { Reject } from './source.ts';

export const REJECTS_HEADER = 'line,rule,reason,raw\n';
const field = (text: string | number) => `"${toStorable(String(text)).replaceAll('"', '""')}"`;
/** A line of CSV under the header; what no store keeps, such as U+0000, is replaced, so that any tool reads the file. */
export const rejectLine = (rule: string, { line, reason, raw }: Reject): string => `${[line, rule, reason, raw].map(field).join()}\n`;

/**
 * Writes the rows that were set aside by a rule as CSV: line, rule, reason, raw.
 * @returns the file's path, or null where nothing was set aside; a file of an earlier try is removed then
 */
export async function writeRejects(file: string, rule: string, rejects: readonly Reject[]): Promise<string | null> {
  if (rejects.length === 0) return rm(file, { force: true }).then(() => null);
  await replaceFile(file, (aside) => writeFile(aside, REJECTS_HEADER + rejects.map((reject) => rejectLine(rule, reject)).join('')));
  return file;
}
