import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolderSync } from '../../../platform/makeFolder.ts';
import { endByRank, untilEnded } from '../supervision/lifetime.mjs';
import { ENGINE_RANK } from '../engines/engine.ts';
import { logFile } from '../supervision/logFile.ts';
import { PROCESSES } from './processes.ts';
import { findStarted, identify, isAlive, signal, type ProcessIdentity } from '../supervision/processIdentity.ts';
import { readState, removeState, toIdentity, type StackState } from './stackState.ts';
import { StartError } from '../supervision/startError.ts';

export const lockFile = (stateDir: string): string => path.join(stateDir, 'supervisor.lock');

const GUARD_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 15_000;

/**
 * Makes this process the one supervisor of a state folder. What a killed supervisor left is waited for, while its guard ends it, or ended.
 * @throws StartError when another supervisor runs
 */
export async function takeLock(stateDir: string, say: (message: string) => void): Promise<void> {
  do {
    const supervisor = findSupervisor(stateDir);
    if (supervisor) {
      throw new StartError(
        `The stack of ${stateDir} is running already (process ${supervisor.pid}). \`npx mlops status\` shows it, \`npx mlops down\` stops it.`,
      );
    }
    const owner = readLock(stateDir);
    await endLeftovers(stateDir, say);
    // Another start may have taken the place of the dead one meanwhile.
    if (owner && readLock(stateDir)?.startTime === owner.startTime) rmSync(lockFile(stateDir), { force: true });
  } while (!tryTake(stateDir));
}

/**
 * Makes this process the supervisor of a stack that runs, and ends the one before without its word: told to end it would end the stack. It is held still first,
 * since it would start its guard again, and the guard goes first, since it ends what it watches when its supervisor is gone.
 * @returns what ran, for this process to watch over from now on
 * @throws StartError where nothing runs, or its state is not known
 */
export async function takeOver(stateDir: string): Promise<StackState> {
  const supervisor = findSupervisor(stateDir);
  const state = readState(stateDir);
  if (!supervisor || !state) throw new StartError(`No stack runs in ${stateDir}: \`npm start\` starts this release.`);
  signal(supervisor, 'SIGSTOP');
  const guard = toIdentity((readState(stateDir) ?? state).guard);
  signal(guard, 'SIGKILL');
  await untilEnded(guard, END_TIMEOUT_MS);
  rmSync(lockFile(stateDir), { force: true });
  const taken = tryTake(stateDir);
  signal(supervisor, 'SIGKILL');
  await untilEnded(supervisor, END_TIMEOUT_MS);
  if (!taken) throw new StartError(`Another start took the lock of ${stateDir} meanwhile.`);
  return readState(stateDir) ?? state;
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

/** @returns the supervisor that runs now: the owner of the lock or, where the lock is lost, who started what runs */
export function findSupervisor(stateDir: string): ProcessIdentity | undefined {
  const owner = readLock(stateDir);
  return owner && isAlive(owner) ? owner : findStarted(logFolder(stateDir)).find(({ starter }) => isAlive(starter))?.starter;
}

/**
 * Ends what a dead supervisor and its guard, should that be dead too, left running, in the order of an orderly end. It is known by the state file, and
 * where that is lost by the programs themselves.
 * @returns whether there was anything
 */
export async function endLeftovers(stateDir: string, say: (message: string) => void): Promise<boolean> {
  const { guards, programs } = findLeftovers(stateDir);
  if (guards.length > 0) say('waiting for what the last start left behind to end');
  await Promise.all(guards.map((guard) => untilEnded(guard, GUARD_TIMEOUT_MS)));
  const left = programs.filter(isAlive);
  const ranked = left.map((program) => ({ ...program, rank: rankOf(program.name) }));
  await endByRank(ranked, (program) => endProgram(program, say));
  // With them whatever they started and left.
  for (const program of [...left, ...findOrphans(stateDir)]) signal(program, 'SIGKILL');
  if (!isOfLiveSupervisor(readState(stateDir))) removeState(stateDir);
  return left.length > 0;
}

/** What a supervisor that is gone started, and what runs still. */
export function findLeftovers(stateDir: string): { guards: ProcessIdentity[]; programs: (ProcessIdentity & { name: string })[] } {
  const written = readState(stateDir);
  // Another start may have taken the lock meanwhile.
  const state = isOfLiveSupervisor(written) ? undefined : written;
  const recorded = (state?.services ?? []).flatMap(({ name, pid, start_time: startTime }) =>
    pid === null || startTime === null ? [] : [{ name, pid, startTime }],
  );
  const started = findOrphans(stateDir).map((program) => ({ ...program, name: path.basename(program.logFile, '.log') }));
  // What one of them started itself ends with it.
  const own = started.filter(({ parentPid }) => !started.some(({ pid }) => pid === parentPid));
  const all = [...recorded, ...own.map(({ name, pid, startTime }) => ({ name, pid, startTime }))].filter(isAlive);
  const programs = [...new Map(all.map((program) => [program.pid, program])).values()];
  const guard = state && toIdentity(state.guard);
  return {
    guards: [...programs.filter(({ name }) => name === GUARD), ...(guard && isAlive(guard) ? [guard] : [])],
    programs: programs.filter(({ name }) => name !== GUARD),
  };
}

const isOfLiveSupervisor = (state: StackState | undefined): boolean => state !== undefined && isAlive(toIdentity(state.supervisor));
const findOrphans = (stateDir: string) => findStarted(logFolder(stateDir)).filter(({ starter }) => !isAlive(starter));

const GUARD = 'guard';
const logFolder = (stateDir: string) => path.dirname(logFile({ stateDir }, GUARD));
const rankOf = (name: string): number =>
  PROCESSES.find((process) => process.name === name)?.rank ?? (ENGINE_RANK as Partial<Record<string, number>>)[name] ?? 0;

async function endProgram({ name, ...process }: ProcessIdentity & { name: string }, say: (message: string) => void): Promise<void> {
  say(`ending ${name}, left behind by the last start`);
  signal(process, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  await untilEnded(process, END_TIMEOUT_MS);
}

/** The name is in the file before the file has its name, so that nobody reads an empty lock. */
function tryTake(stateDir: string): boolean {
  const aside = `${lockFile(stateDir)}.${process.pid}`;
  try {
    makeFolderSync(stateDir);
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
