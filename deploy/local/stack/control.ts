import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_ROOT, type Config } from '../../../platform/config.ts';
import { childrenOf, residentMb } from '../../../platform/proc.mjs';
import { isAlive, signal } from '../supervision/processIdentity.ts';
import { untilEnded } from '../supervision/lifetime.mjs';
import { endLeftovers, findSupervisor, readLock, releaseLock } from './stackLock.ts';
import { readState, toIdentity, type ServiceRow } from './stackState.ts';
import { StartError } from '../supervision/startError.ts';

export { runCheck } from './check.ts';
export { runDoctor } from './doctor.ts';
export { listBackups, restoreBackup, restoreFiles, takeBackup, verifyBackup } from './backups.ts';
export { evaluate } from './evaluate.ts';
export { planUpgrade, type UpgradePlan } from './planUpgrade.ts';
export { lookAtQueues } from './unpolled.ts';
export { logFile } from '../supervision/logFile.ts';

/** One engine or process of the stack, as `mlops status` shows it. */
export interface StatusRow {
  readonly name: string;
  readonly kind: 'engine' | 'process';
  /** `external`: somebody else's; `dead`: it should run and does not */
  readonly state: ServiceRow['state'] | 'dead';
  readonly pid: number | null;
  readonly port: number | null;
  readonly uptime_s: number | null;
  readonly rss_mb: number | null;
  readonly restarts: number;
}

const STOP_TIMEOUT_MS = 90_000;
const FOLLOW_EVERY_MS = 200;

/** Runs `npm start` with these arguments in the foreground. @returns its exit code */
export function start(args: readonly string[], { toStderr }: { toStderr: boolean }): Promise<number> {
  const script = path.join(PROJECT_ROOT, 'deploy', 'local', 'start.mjs');
  const child = spawn(process.execPath, [script, ...args], { stdio: ['inherit', toStderr ? 2 : 'inherit', 'inherit'] });
  // A Ctrl-C on the terminal reaches the stack by itself, and this process waits for its end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** @returns a row for each engine and process; none when the stack does not run */
export async function readStatus({ stateDir }: Config): Promise<StatusRow[]> {
  return (readState(stateDir)?.services ?? []).map(toStatus);
}

function toStatus({ name, kind, state, port, pid, start_time, started_at, restarts }: ServiceRow): StatusRow {
  const alive = pid !== null && start_time !== null && isAlive(toIdentity({ pid, start_time }));
  const shouldRun = state === 'running' || state === 'starting';
  return {
    name,
    kind,
    state: shouldRun && !alive ? 'dead' : state,
    pid: alive ? pid : null,
    port,
    uptime_s: alive && started_at !== null ? Math.floor((Date.now() - Date.parse(started_at)) / 1000) : null,
    rss_mb: alive ? memoryOf(kind, pid) : null,
    restarts,
  };
}

/** In MB, null where that cannot be told: of a process of ours with those that it has started. An engine's share their memory, and would count it twice. */
function memoryOf(kind: ServiceRow['kind'], pid: number): number | null {
  const own = residentMb(pid);
  const started = kind === 'process' ? childrenOf(pid) : [];
  return own === null ? null : started.reduce((sum, child) => sum + (residentMb(child) ?? 0), own);
}

/** Asks the supervisor to end everything, and waits for it. @returns false when nothing ran */
export async function stopStack({ stateDir }: Config): Promise<boolean> {
  const supervisor = findSupervisor(stateDir);
  if (supervisor && signal(supervisor, 'SIGTERM')) {
    if (await untilEnded(supervisor, STOP_TIMEOUT_MS)) return true;
    throw new StartError(`The supervisor (process ${supervisor.pid}) has not ended within ${STOP_TIMEOUT_MS / 1000} s.`);
  }
  const owner = readLock(stateDir);
  const ended = await endLeftovers(stateDir, () => undefined);
  if (owner) releaseLock(stateDir);
  return ended;
}

/** Gives each new line of a log to `onLine`, until the signal aborts; goes on when the file is put aside for a new one. */
export async function followLog(file: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  let { ino, size: offset } = statSync(file);
  let rest: Buffer = Buffer.alloc(0); // bytes, since a piece may end inside a character
  while (!signal.aborted) {
    const now = statSync(file, { throwIfNoEntry: false });
    if (now && (now.ino !== ino || now.size < offset)) {
      ({ ino } = now);
      offset = 0;
    }
    const fresh = readFrom(file, offset, (now?.size ?? offset) - offset);
    offset += fresh.length;
    const bytes = Buffer.concat([rest, fresh]);
    const end = bytes.lastIndexOf('\n') + 1;
    rest = bytes.subarray(end);
    if (end > 0)
      bytes
        .toString('utf8', 0, end - 1)
        .split('\n')
        .forEach(onLine);
    await sleep(FOLLOW_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function readFrom(file: string, position: number, length: number): Buffer {
  if (length <= 0) return Buffer.alloc(0);
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(handle, buffer, 0, length, position));
  } finally {
    closeSync(handle);
  }
}
