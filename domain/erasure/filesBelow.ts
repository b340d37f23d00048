import path from 'node:path';
import { entriesBelow } from '../../platform/entriesBelow.ts';

/** Files in a folder and below it whose names end so; none where there is no folder. @throws where it cannot be read: what nobody saw is not said to be gone */
export async function filesBelow(folder: string, ending: string): Promise<string[]> {
  const entries = await entriesBelow(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && error.path === folder) return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map(({ parentPath, name }) => path.join(parentPath, name));
}
