import { realpathSync } from 'node:fs';
import path from 'node:path';
import { allPids, environmentOf, startTimeOf, statOf } from '../../../platform/proc.mjs';
import { isAlive } from './lifetime.mjs';

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
    const mark = environmentOf(pid).find((variable) => variable.startsWith(`${MARK}=`));
    const [, starterPid, starterTime, logFile = ''] = /^\w+=(\d+) (\w+) (.+)$/s.exec(mark ?? '') ?? [];
    if (path.dirname(logFile) !== folder || pid === process.pid) return [];
    const starter = { pid: Number(starterPid), startTime: starterTime ?? '' };
    return [{ ...identify(pid), parentPid: Number(statOf(pid)?.[1]), logFile, starter }];
  });
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
