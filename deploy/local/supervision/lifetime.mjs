/** What the build knows of processes, and the setup and the guard too, which run from the sources. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;

/**
 * Fields of /proc/<pid>/stat from the state on: state, parent, …
 * @param {number} pid
 * @returns {string[] | undefined} undefined when there is no such process
 */
export function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/**
 * When a process started, in clock ticks since boot. A pid is given again to others; a pid with its start time names one process for good.
 * @param {number} pid
 * @returns {string | undefined} undefined when there is no such process, or it has ended and only waits for its parent
 */
export function startTimeOf(pid) {
  const fields = statOf(pid) ?? [];
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** @type {(process: { readonly pid: number; readonly startTime: string }) => boolean} */
export const isAlive = ({ pid, startTime }) => startTimeOf(pid) === startTime;

/**
 * @param {{ readonly pid: number; readonly startTime: string }} process
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} whether it has ended in time
 */
export async function untilEnded(process, timeoutMs) {
  const until = Date.now() + timeoutMs;
  while (isAlive(process) && Date.now() < until) await sleep(LOOK_MS);
  return !isAlive(process);
}

/**
 * Ends those of a rank together, lower ranks first.
 * @template {{ readonly rank: number }} Target
 * @param {readonly Target[]} targets
 * @param {(target: Target) => Promise<unknown>} end
 */
export async function endByRank(targets, end) {
  const ranks = [...new Set(targets.map(({ rank }) => rank))].sort((a, b) => a - b);
  for (const rank of ranks) await Promise.all(targets.filter((target) => target.rank === rank).map(end));
}
