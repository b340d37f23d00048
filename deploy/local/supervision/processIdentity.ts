import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { isAlive, startTimeOf, statOf } from './lifetime.mjs';

export { isAlive };

/** Names one process for good: a pid alone is given again to others. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot */
  readonly startTime: string;
}

/** A program that a supervisor started, by what stands in its environment; what it has started itself is one too. */
export interface StartedProgram extends ProcessIdentity {
  readonly parentPid: number;
  readonly logFile: string;
  readonly starter: ProcessIdentity;
}

export const identify = (pid: number): ProcessIdentity => ({ pid, startTime: startTimeOf(pid) ?? 'ended' });

/** Sends a signal to this very process. @returns false when it is gone */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false;
  process.kill(target.pid, name);
  return true;
}

const MARK = 'MOVIE_MLOPS_STARTED_BY';

/** What a program is given in its environment, so that it is known when all that was written about it is lost. */
export function markOf(logFile: string): Record<string, string> {
  const { pid, startTime } = identify(process.pid);
  return { [MARK]: `${pid} ${startTime} ${realFile(logFile)}` };
}

/** Programs, started by whomever, that log into this folder. Those of other accounts are seen by root alone. */
export function findStarted(logFolder: string): StartedProgram[] {
  const folder = realFolder(logFolder);
  return allPids().flatMap((pid) => {
    const mark = readProc(pid, 'environ')
      ?.split('\0')
      .find((variable) => variable.startsWith(`${MARK}=`));
    const [, starterPid, starterTime, logFile = ''] = /^\w+=(\d+) (\w+) (.+)$/s.exec(mark ?? '') ?? [];
    if (path.dirname(logFile) !== folder || pid === process.pid) return [];
    const starter = { pid: Number(starterPid), startTime: starterTime ?? '' };
    return [{ ...identify(pid), parentPid: Number(statOf(pid)?.[1]), logFile, starter }];
  });
}

/** The words that a program was started with; none when it is gone. */
export const commandLineOf = (pid: number): string[] => readProc(pid, 'cmdline')?.split('\0') ?? [];

/** Who listens on a TCP port, as far as this account may see it. */
export function findListener(port: number): { pid: number; name: string } | undefined {
  const inodes = ['tcp', 'tcp6']
    .flatMap((table) => listeningInodes(readProc('net', table) ?? '', port))
    .map((inode) => `socket:[${inode}]`);
  if (inodes.length === 0) return undefined;
  const pid = allPids().find((candidate) => linksOf(`/proc/${candidate}/fd`).some((link) => inodes.includes(link)));
  return pid === undefined ? undefined : { pid, name: path.basename(linkOf(`/proc/${pid}/exe`) ?? 'unknown') };
}

/** Rows of /proc/net/tcp: number, local address as hex, remote address, state (0A: listening), …, inode. */
const listeningInodes = (table: string, port: number): string[] =>
  table.split('\n').flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    return state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) === port ? [inode] : [];
  });

const linksOf = (folder: string): string[] => namesIn(folder).flatMap((name) => linkOf(path.join(folder, name)) ?? []);

/** Where a link leads; undefined when it is gone, or somebody else's. */
function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

const realFile = (file: string) => path.join(realFolder(path.dirname(file)), path.basename(file));

/** A folder by the one name it has without links, where it exists. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}

const allPids = (): number[] => namesIn('/proc').map(Number).filter(Number.isInteger);

/** None where there is no such folder, or it is closed to this account. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readProc(of: number | 'net', file: string): string | undefined {
  try {
    return readFileSync(`/proc/${of}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
