import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

interface Mode {
  readonly mode?: number;
}

/**
 * Makes a folder, and those above it, where they are not there. Node's own way (`recursive`) never ends where a folder is there in which none can be made and
 * which says so by ENOENT, as some of the kernel's do.
 * @throws NodeJS.ErrnoException where it cannot be made
 */
export async function makeFolder(folder: string, mode: Mode = {}): Promise<void> {
  try {
    await mkdir(folder, { ...mode, recursive: false });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || isTop(folder)) throw error;
    await makeFolder(path.dirname(folder), mode);
    await mkdir(folder, { ...mode, recursive: false }).catch((again: unknown) => throwUnlessThere(again));
  }
}

/** The same, before anything else goes on. */
export function makeFolderSync(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || isTop(folder)) throw error;
    makeFolderSync(path.dirname(folder));
    try {
      mkdirSync(folder);
    } catch (again) {
      throwUnlessThere(again);
    }
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
const isTop = (folder: string) => path.dirname(folder) === folder;

/** Another may have made it meanwhile. */
function throwUnlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}
