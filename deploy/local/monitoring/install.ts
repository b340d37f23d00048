import path from 'node:path';
import { installEngine, MONITORS } from '../setup/engines.mjs';
import type { BROUGHT_MONITORS } from './programs.ts';

/**
 * Puts one of them into the cache where it is not there yet.
 * @returns its folder
 * @throws SetupError with the reason why each way to it did not lead there
 */
export async function installMonitor(cacheDir: string, name: (typeof BROUGHT_MONITORS)[number]): Promise<string> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await installEngine(MONITORS[name], { cacheDir, env: process.env, step: { say }, note: say });
  return path.join(cacheDir, MONITORS[name].entry);
}
