import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installEngine, type MLFLOW } from '../../deploy/local/setup/engines.mjs';
import { readConfig } from '../../platform/config.ts';
import { startTestEngines, stopTestEngines } from './testEngines.ts';

/** A check with a command of its own, beside `npm test`: engines of this run alone, and a folder that goes with it. @returns what the check returns */
export async function withTestEngines<T>(name: string, check: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), `${name} `));
  try {
    await startTestEngines();
    return await check(folder);
  } finally {
    await stopTestEngines();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts a Python program with what it needs into the cache, the first time. @returns its Python */
export async function installPython(program: typeof MLFLOW): Promise<string> {
  const { cacheDir } = readConfig();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await installEngine(program, { cacheDir, env: process.env, step: { say }, note: say });
  return path.join(cacheDir, program.entry, 'bin', 'python3');
}

/** Runs Python, which says what it finds to whoever ran the command. @returns its exit code; 1 where it was killed */
export async function runPython(
  python: string,
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  const child = spawn(python, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
