import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { entriesBelow } from './entriesBelow.ts';
import { makeFolder } from './makeFolder.ts';

const ASIDE = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
/** What was last written to so long ago is written by nobody any more. */
const LEFTOVER_AFTER_MS = 3_600_000;

/**
 * Writes a file whole or not at all: readers see the old file or the new one, never half of it. Where it fails it leaves nothing aside.
 * @param write fills the file aside whose path it is given
 * @returns what `write` gave
 */
export async function replaceFile<T>(file: string, write: (aside: string) => Promise<T>): Promise<T> {
  const aside = `${file}.${randomUUID()}.tmp`;
  await makeFolder(path.dirname(file));
  try {
    const written = await write(aside);
    await rename(aside, file);
    return written;
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Whether a file of this name is one that `replaceFile` has aside. */
export const isAside = (name: string): boolean => ASIDE.test(name);

/** Removes what writers that were killed left aside, in the folder and below it. @returns how many files that were */
export async function removeLeftovers(folder: string): Promise<number> {
  const entries = await entriesBelow(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const aside = entries.filter(({ name }) => isAside(name));
  const removed = await Promise.all(aside.map(({ parentPath, name }) => removeIfLeft(path.join(parentPath, name))));
  return removed.filter(Boolean).length;
}

async function removeIfLeft(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined); // it may have got its name meanwhile
  if (!found || Date.now() - found.mtimeMs < LEFTOVER_AFTER_MS) return false;
  await rm(file, { force: true });
  return true;
}
