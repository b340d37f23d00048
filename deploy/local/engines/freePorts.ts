import { openSync, closeSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { makeFolderSync } from '../../../platform/makeFolder.ts';

/** Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152), which may take one at any moment. */
const [FIRST, LAST] = [10_000, 32_000];
/** Who was given a port listens on it, or is gone, long before. */
const KEPT_MS = 15 * 60_000;

/** Ports that nobody listens on now, and that nobody else who asks here is given for a while, in this process or another. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (reservePort(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

/** @returns false where it was given to somebody a short while ago */
export function reservePort(port: number): boolean {
  const folder = path.join(tmpdir(), `movie-mlops-ports-${userInfo().uid}`);
  const file = path.join(folder, String(port));
  makeFolderSync(folder);
  const givenAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (givenAt !== undefined && givenAt < Date.now() - KEPT_MS) rmSync(file, { force: true });
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port).catch(() => undefined);
  if (!server) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

const listen = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
