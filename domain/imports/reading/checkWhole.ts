import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { permanent } from '../../../contracts/failures.ts';
import { packedFault, readStart, textFault } from './fileStart.ts';

/**
 * That a file is there, is text or Parquet and no UTF-16, and is the one its folder's SHA256SUMS names. Whether its last line ends says nothing: many tools end none.
 * @throws Failure `SourceUnavailable` or `SourceCorrupt`
 */
export async function checkWhole(file: string): Promise<void> {
  const found = await stat(file).catch(refuseMissing(file));
  if (found.isDirectory()) throw unusable(file, 'it is a folder');
  if (!found.isFile()) throw unusable(file, 'it is no file');
  if (found.size === 0) throw unusable(file, 'it is empty');
  const start = await readStart(file);
  const fault = packedFault(start) ?? textFault(start);
  if (fault !== null) throw unusable(file, fault);
  await checkSum(file);
}

/** A cut at the end of a line leaves no other trace; a set that brings its checksums is held to them. */
async function checkSum(file: string) {
  const sums = await readFile(path.join(path.dirname(file), 'SHA256SUMS'), 'utf8').catch(() => '');
  const expected = sums
    .split(/\r?\n/)
    .find((line) => line.endsWith(`  ${path.basename(file)}`))
    ?.slice(0, 64);
  if (expected === undefined) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== expected) throw unusable(file, 'it is truncated or changed: its sha256 is not the one in SHA256SUMS');
}

/** A file of which nothing is taken in. */
export const unusable = (file: string, reason: string) => permanent('SourceCorrupt', `${path.basename(file)} cannot be used: ${reason}`);

/** For the `catch` of who looks at a file. */
export const refuseMissing = (file: string) => (error: unknown) => {
  throw permanent('SourceUnavailable', `${path.basename(file)} is missing in ${path.dirname(file)}`, { cause: error });
};
