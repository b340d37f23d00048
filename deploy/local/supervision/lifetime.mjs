/** What the build knows of processes, and the setup and the guard too, which run from the sources. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startTimeOf } from '../../../platform/proc.mjs';

const LOOK_MS = 50;

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
