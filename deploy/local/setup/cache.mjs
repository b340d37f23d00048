import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { startTimeOf } from '../../../platform/proc.mjs';
import { isAlive } from '../supervision/lifetime.mjs';

const LOOK_MS = 300;
const BUILDING = '.building-';

/**
 * Makes a cache entry once, whoever asks and however many at a time: it is built in a folder of its own beside the entry and renamed into
 * place when complete, so a reader sees all of it or nothing.
 * @param {(folder: string) => Promise<void>} build fills the given empty folder
 * @param {(detail: string) => void} say told when another setup is waited for
 * @returns {Promise<string>} the entry's folder
 */
export async function installOnce(cacheDir, name, build, say = () => {}) {
  const entry = path.join(cacheDir, name);
  if (existsSync(entry)) return entry;
  await mkdir(cacheDir, { recursive: true });
  await withLock(path.join(cacheDir, `${name}.lock`), say, async () => {
    if (existsSync(entry)) return;
    await removeAbandoned(cacheDir);
    const folder = await mkdtemp(path.join(cacheDir, `${BUILDING}${process.pid}-`));
    try {
      await build(folder);
      await chmod(folder, 0o755);
      await rename(folder, entry);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return entry;
}

/** Runs `body` while no other process holds the lock file. A lock whose owner is gone is taken over. */
export async function withLock(file, say, body) {
  while (!(await take(file))) {
    const owner = await readOwner(file);
    if (owner && isAlive(owner)) say(`waiting for process ${owner.pid}, which does the same`);
    else if (owner) await rm(file, { force: true });
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  try {
    return await body();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file) {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** An owner that has not written its name yet is a live one for a moment, and a dead one after that. */
async function readOwner(file) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch (error) {
      if (error.code === 'ENOENT') return undefined;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  return { pid: 0, startTime: 'unknown' };
}

/** Folders of setups that were killed while they built. */
async function removeAbandoned(cacheDir) {
  const abandoned = (await readdir(cacheDir)).filter(
    (name) => name.startsWith(BUILDING) && !startTimeOf(Number.parseInt(name.slice(BUILDING.length), 10)),
  );
  await Promise.all(abandoned.map((name) => rm(path.join(cacheDir, name), { recursive: true, force: true })));
}
