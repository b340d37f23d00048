import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { SetupError } from './command.mjs';

/** @returns {string} the folder, or the one above it that exists already */
export const nearestFolder = (folder) => (existsSync(folder) ? folder : nearestFolder(path.dirname(folder)));

/** @returns {Promise<number>} MB (2^20 bytes) that are free on the disk of a folder, which may not be there yet */
export async function freeMb(folder) {
  const { bavail, bsize } = await statfs(nearestFolder(folder));
  return Math.floor((bavail * bsize) / 2 ** 20);
}

/**
 * Called before anything is fetched.
 * @param {string} cacheDir
 * @param {number} mb what the setup takes at most
 * @throws SetupError where the disk cannot hold it
 */
export async function refuseFullDisk(cacheDir, mb) {
  const free = await freeMb(cacheDir);
  if (free >= mb) return;
  throw new SetupError(
    `The disk of ${cacheDir} has ${free} MB free, and the setup takes up to ${mb} MB: make room there, or give CACHE_DIR another disk`,
  );
}
