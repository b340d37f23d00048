import { readFileSync } from 'node:fs';

/** Names one process for good: a pid alone is given again to others. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot */
  readonly startTime: string;
}

export const identify = (pid: number): ProcessIdentity => ({ pid, startTime: startTimeOf(pid) ?? 'ended' });

export const isAlive = ({ pid, startTime }: ProcessIdentity): boolean => startTimeOf(pid) === startTime;

/** Sends a signal to this very process. @returns false when it is gone */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false;
  process.kill(target.pid, name);
  return true;
}

/** The same rule as in processTime.mjs, for the part that runs before there is a build. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
