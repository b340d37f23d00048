import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file whole or not at all: readers see the old file or the new one, never half of it.
 * @param write fills the file aside whose path it is given
 * @returns what `write` gave
 */
export async function replaceFile<T>(file: string, write: (aside: string) => Promise<T>): Promise<T> {
  const aside = `${file}.${randomUUID()}.tmp`;
  await mkdir(path.dirname(file), { recursive: true });
  const written = await write(aside).catch(async (error: unknown) => {
    await rm(aside, { force: true });
    throw error;
  });
  await rename(aside, file);
  return written;
}
