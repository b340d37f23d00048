import { childrenOf, statOf } from '../platform/proc.mjs';

/** Linux counts in hundredths of a second, whatever its own clock. */
const TICKS_PER_SECOND = 100;
/** Of a process's `stat` from the state on: ticks in its own code, and in the system's for it. */
const [USER, SYSTEM] = [11, 12];

/** Seconds of processor that a process, and those below it that run now, have had so far. */
export function cpuSecondsOf(pid: number): number {
  const stat = statOf(pid);
  const own = stat ? (Number(stat[USER]) + Number(stat[SYSTEM])) / TICKS_PER_SECOND : 0;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own);
}
