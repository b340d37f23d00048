import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** All that stands in a folder and in those below it. A link is told and not followed, which `readdir` with `recursive` does from Node 26 on. */
export async function entriesBelow(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => entriesBelow(path.join(folder, name)));
  return [...entries, ...(await Promise.all(below)).flat()];
}
