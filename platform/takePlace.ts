import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from './health.ts';
import { startTimeOf } from './proc.mjs';

/** A process by its pid and when it started, since pids are given again. */
export interface Predecessor {
  readonly pid: number;
  readonly startTime: string;
}

const FLAG = '--in-place-of=';
/** What is down for this one is down for the one before too. */
const READY_MS = 20_000;
const LOOK_MS = 50;

/** The argument by which a process is told whose place it takes. */
export const inPlaceOf = ({ pid, startTime }: Predecessor): string => `${FLAG}${pid}:${startTime}`;

export function readPredecessor(args: readonly string[]): Predecessor | undefined {
  const [, pid, startTime] = new RegExp(`^${FLAG}(\\d+):(\\w+)$`).exec(args.find((arg) => arg.startsWith(FLAG)) ?? '') ?? [];
  return pid === undefined || startTime === undefined ? undefined : { pid: Number(pid), startTime };
}

/**
 * Waits until this process could answer, and only then tells the one before to end, which gives its ports free: what fails to start takes nobody's place.
 * @returns whether there was one
 */
export async function takePlace(predecessor: Predecessor | undefined, health: Pick<Health, 'readiness'>): Promise<boolean> {
  if (!predecessor) return false;
  const until = Date.now() + READY_MS;
  while (!(await health.readiness()).ready && Date.now() < until) await sleep(LOOK_MS);
  if (startTimeOf(predecessor.pid) === predecessor.startTime) process.kill(predecessor.pid, 'SIGTERM');
  return true;
}
