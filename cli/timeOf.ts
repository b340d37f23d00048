import { parseTime } from '../contracts/time.ts';
import { Unusable } from './failure.ts';

/** What was given as a time, in ISO 8601; one that names no offset is UTC. @throws Unusable for what is none */
export function timeOf(option: string, text: string): string {
  const ms = parseTime(text);
  if (Number.isNaN(ms)) throw new Unusable(`${option} ${text} is no time such as 2026-01-01 or 2026-01-01T03:00:00Z`);
  return new Date(ms).toISOString();
}
