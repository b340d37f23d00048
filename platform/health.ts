import { askSeldom } from './askSeldom.ts';
import { oneLine } from './oneLine.ts';
import type { Stall } from './progress.ts';
import { within } from './within.ts';

/** When this process did. */
export const STARTED_AT = new Date(Date.now() - process.uptime() * 1_000).toISOString();

/** The state of one thing a process needs. */
export interface DependencyState {
  readonly ok: boolean;
  readonly detail: string;
}

export type HealthCheck = () => Promise<string>;

export interface Health {
  /** That this process is of */
  readonly release: string;
  /** @param check resolves with a word on the state, rejects with the reason when the dependency cannot be used */
  add(name: string, check: HealthCheck): void;
  /** Adds a dependency that the process does without: it is shown, and the process is ready also while it is away. */
  addOptional(name: string, check: HealthCheck): void;
  /** Says that the process is going down: no longer ready, still alive. */
  drain(): void;
  readiness(): Promise<{ ready: boolean; dependencies: Record<string, DependencyState> }>;
}

const CHECK_TIMEOUT_MS = 2_000;
/** Many callers asking at once cost each dependency one look. */
const REUSE_MS = 500;

/**
 * @param stalls what goes on no longer, at this moment: each is shown as a dependency that is down
 * @param release as `readRelease` gives it
 */
export function createHealth(stalls: () => readonly Stall[] = () => [], release = ''): Health {
  const checks = new Map<string, HealthCheck>();
  const optional = new Set<string>();
  let draining = false;

  const look = askSeldom(
    () => Promise.all([...checks].map(async ([name, check]) => [name, await stateOf(check)] as [string, DependencyState])),
    REUSE_MS,
  );
  return {
    release,
    add: (name, check) => void checks.set(name, check),
    addOptional(name, check) {
      checks.set(name, check);
      optional.add(name);
    },
    drain: () => void (draining = true),
    async readiness() {
      const states = [...(await look()), ...stalls().map(stateOfStall)];
      const usable = states.every(([name, state]) => state.ok || optional.has(name));
      return { ready: !draining && usable, dependencies: Object.fromEntries(states) };
    },
  };
}

const stateOfStall = ({ name, sinceMs, reason }: Stall): [string, DependencyState] => [
  `loop ${name}`,
  { ok: false, detail: `stands still since ${new Date(sinceMs).toISOString()}: ${reason}` },
];

async function stateOf(check: HealthCheck): Promise<DependencyState> {
  try {
    return { ok: true, detail: await within(check(), CHECK_TIMEOUT_MS, () => new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)) };
  } catch (error) {
    return { ok: false, detail: oneLine(error) };
  }
}
