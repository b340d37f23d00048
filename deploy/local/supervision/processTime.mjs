import { readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since boot. A pid is given again to others; a pid with its start time names one process for good.
 * @returns {string | undefined} undefined when there is no such process, or it has ended and only waits for its parent
 */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses; state is field 3 and the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
