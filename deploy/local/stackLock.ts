import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { identify, isAlive, signal, type ProcessIdentity } from './processIdentity.ts';
import { readState, removeState, toIdentity } from './stackState.ts';
import { StartError } from './startError.ts';

export const lockFile = (stateDir: string): string => path.join(stateDir, 'supervisor.lock');

const GUARD_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 15_000;

/**
 * Makes this process the one supervisor of a state folder. What a killed supervisor left is waited for, while its guard ends it, or ended.
 * @throws StartError when another supervisor runs
 */
export async function takeLock(stateDir: string, say: (message: string) => void): Promise<void> {
  while (!tryTake(stateDir)) {
    const owner = readLock(stateDir);
    if (owner && isAlive(owner)) {
      throw new StartError(
        `The stack of ${stateDir} is running already (process ${owner.pid}). \`npx mlops status\` shows it, \`npx mlops down\` stops it.`,
      );
    }
    await endLeftovers(stateDir, say);
    // Another start may have taken the place of the dead one meanwhile.
    if (readLock(stateDir)?.startTime === owner?.startTime) rmSync(lockFile(stateDir), { force: true });
  }
}

export const releaseLock = (stateDir: string): void => rmSync(lockFile(stateDir), { force: true });

/** @returns the supervisor that runs now */
export function readLock(stateDir: string): ProcessIdentity | undefined {
  try {
    const [pid = '', startTime = ''] = readFileSync(lockFile(stateDir), 'utf8').split(' ');
    return { pid: Number(pid), startTime };
  } catch {
    return undefined;
  }
}

/** Ends what a dead supervisor and its guard, should that be dead too, left running. @returns whether there was anything */
export async function endLeftovers(stateDir: string, say: (message: string) => void): Promise<boolean> {
  const state = readState(stateDir);
  if (!state) return false;
  const guard = toIdentity(state.guard);
  if (isAlive(guard)) say('waiting for what the last start left behind to end');
  await untilEnded(guard, GUARD_TIMEOUT_MS);
  const left = state.services
    .flatMap(({ name, pid, start_time: startTime }) => (pid === null || startTime === null ? [] : [{ name, pid, startTime }]))
    .filter(isAlive);
  for (const { name, ...process } of left) {
    say(`ending ${name}, left behind by the last start`);
    signal(process, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  }
  await Promise.all(left.map((process) => untilEnded(process, END_TIMEOUT_MS)));
  for (const process of left) signal(process, 'SIGKILL');
  removeState(stateDir);
  return left.length > 0;
}

/** The name is in the file before the file has its name, so that nobody reads an empty lock. */
function tryTake(stateDir: string): boolean {
  const aside = `${lockFile(stateDir)}.${process.pid}`;
  try {
    mkdirSync(stateDir, { recursive: true });
    const { pid, startTime } = identify(process.pid);
    writeFileSync(aside, `${pid} ${startTime}`);
    linkSync(aside, lockFile(stateDir));
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new StartError(`The state folder ${stateDir} cannot be written (${message}); STATE_DIR names another one.`);
  } finally {
    rmSync(aside, { force: true });
  }
}

export async function untilEnded(process: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  while (isAlive(process) && Date.now() < until) await pause(50);
  return !isAlive(process);
}
