import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolderSync } from '../../../platform/makeFolder.ts';
import { untilEnded } from './lifetime.mjs';
import { identify, isAlive, markOf, signal, type ProcessIdentity } from './processIdentity.ts';

/** How a child ended: a code, a signal, or the reason why it never began. */
export type Ending = string;

/** A program that was started here and writes to a log file. */
export interface Child extends ProcessIdentity {
  readonly logFile: string;
  /** What asks it to end */
  readonly stopSignal: NodeJS.Signals;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  /** Asks it to end, and ends it with its group when it does not in time. */
  stop(): Promise<void>;
  /** Ends it and its group now. */
  kill(): void;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopSignal?: NodeJS.Signals;
  readonly stopTimeoutMs?: number;
}

const STOP_TIMEOUT_MS = 10_000;
const MAX_LOG_BYTES = 20_000_000;

/**
 * Starts a program in a process group of its own, so that a Ctrl-C on the terminal does not reach it, with its output in a file, so that it
 * outlives a reader.
 * @throws Error when it cannot be started
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = openLog(options.logFile);
  const { command, args, cwd, env, account, logFile, stopSignal = 'SIGTERM' } = options;
  const child = spawn(command, [...args], {
    cwd,
    env: { ...(env ?? process.env), ...markOf(logFile) },
    ...account,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<Ending>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
  if (child.pid === undefined) throw new Error(`${command} cannot be started: ${await ended}`);
  const { pid } = child;
  const kill = () => signalGroup(pid, 'SIGKILL');
  return {
    ...identify(pid),
    logFile,
    stopSignal,
    ended,
    kill,
    async stop() {
      child.kill(stopSignal);
      const stopped = await Promise.race([ended, sleep(options.stopTimeoutMs ?? STOP_TIMEOUT_MS, undefined, { ref: false })]);
      if (stopped === undefined) kill();
      await ended;
    },
  };
}

/** A program that another supervisor started, as if it had been started here. */
export function adoptChild(
  program: ProcessIdentity,
  { logFile, stopSignal = 'SIGTERM', stopTimeoutMs = STOP_TIMEOUT_MS }: AdoptOptions,
): Child {
  const ended = untilGone(program);
  const kill = () => signalGroup(program.pid, 'SIGKILL');
  return {
    ...program,
    logFile,
    stopSignal,
    ended,
    kill,
    async stop() {
      signal(program, stopSignal);
      if (!(await untilEnded(program, stopTimeoutMs))) kill();
      await ended;
    },
  };
}

type AdoptOptions = Pick<ChildOptions, 'logFile' | 'stopSignal' | 'stopTimeoutMs'>;

const LOOK_MS = 200;

/** Who is nobody's parent is told of no end, nor how it came. */
async function untilGone(program: ProcessIdentity): Promise<Ending> {
  while (isAlive(program)) await sleep(LOOK_MS);
  return 'nobody saw how';
}

/**
 * Looks until `probe` resolves.
 * @throws Error with the last lines of the log, when the child ends before, or the time is over
 */
export async function untilReady(child: Child, probe: () => Promise<unknown>, { timeoutMs = 60_000, everyMs = 50 } = {}): Promise<void> {
  let ending: Ending | undefined;
  void child.ended.then((how) => (ending = how));
  const until = Date.now() + timeoutMs;
  let reason = 'no answer';
  while (ending === undefined && Date.now() < until) {
    try {
      await probe();
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      await sleep(everyMs);
    }
  }
  const how = ending === undefined ? `is not ready after ${timeoutMs / 1000} s (${reason})` : `ended with ${ending}`;
  throw new Error(`${how}; its log (${child.logFile}) ends:\n${logTail(child.logFile)}`);
}

export function logTail(file: string, lines = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Appends; what has grown large is put aside once, under the name with `.1`. A program whose log cannot be opened runs without one. */
function openLog(file: string): number {
  try {
    makeFolderSync(path.dirname(file));
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
    return openSync(file, 'a');
  } catch {
    return openSync(devNull, 'a');
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
