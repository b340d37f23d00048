import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file whole or not at all: readers see the old file or the new one, never half of it.
 * @param write fills the file aside whose path it is given
 */
export async function replaceFile(file: string, write: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${file}.${randomUUID()}.tmp`;
  await mkdir(path.dirname(file), { recursive: true });
  await write(aside).catch(async (error: unknown) => {
    await rm(aside, { force: true });
    throw error;
  });
  await rename(aside, file);
}
