import { mkdir, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './command.mjs';

const recordOf = (cacheDir, entry) => path.join(cacheDir, `without-${entry}.txt`);

/**
 * Gets a part. Without one that is optional the platform works; that it does without is said aloud, and kept in the cache until it can be had.
 * @param {{ entry: string, title: string, optional?: boolean, without?: string }} part
 * @param {{ cacheDir: string, note: (text: string) => void }} context
 * @param {() => Promise<unknown>} get
 * @returns {Promise<string[]>} what was said
 */
export async function orGoWithout({ entry, optional, title, without }, { cacheDir, note }, get) {
  try {
    await get();
    await rm(recordOf(cacheDir, entry), { force: true });
    return [];
  } catch (error) {
    if (!optional || !(error instanceof SetupError)) throw error;
    const said = `Going on without ${title}${without ? ` (${without})` : ''}: ${error.message}`;
    note(said);
    await mkdir(cacheDir, { recursive: true });
    await writeFile(recordOf(cacheDir, entry), said);
    return [said];
  }
}

/** @returns {string | undefined} what the last setup said of a part that it could not get; undefined where it got it, or did not look */
export function saidOfLack(cacheDir, entry) {
  try {
    return readFileSync(recordOf(cacheDir, entry), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
