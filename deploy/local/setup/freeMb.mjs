import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';

/** @returns {string} the folder, or the one above it that exists already */
export const nearestFolder = (folder) => (existsSync(folder) ? folder : nearestFolder(path.dirname(folder)));

/** @returns {Promise<number>} MB (2^20 bytes) that are free on the disk of a folder, which may not be there yet */
export async function freeMb(folder) {
  const { bavail, bsize } = await statfs(nearestFolder(folder));
  return Math.floor((bavail * bsize) / 2 ** 20);
}
