import { childrenOf, statOf } from '../platform/proc.mjs';

/** Linux counts in hundredths of a second, whatever its own clock. */
const TICKS_PER_SECOND = 100;
/** Of a process's `stat` from the state on: its own ticks, in its code and in the system's for it, and those of its children that have ended. */
const TICKS = [11, 12, 13, 14] as const;

/** Seconds of processor that a process and all that it started have had so far. */
export function cpuSecondsOf(pid: number): number {
  const stat = statOf(pid) ?? [];
  const own = TICKS.reduce((sum, field) => sum + Number(stat[field] ?? 0), 0) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own);
}
