/** The state of one thing a process needs. */
export interface DependencyState {
  readonly ok: boolean;
  readonly detail: string;
}

export type HealthCheck = () => Promise<string>;

export interface Health {
  /** @param check resolves with a word on the state, rejects with the reason when the dependency cannot be used */
  add(name: string, check: HealthCheck): void;
  /** Says that the process is going down: no longer ready, still alive. */
  drain(): void;
  readiness(): Promise<{ ready: boolean; dependencies: Record<string, DependencyState> }>;
}

const CHECK_TIMEOUT_MS = 2_000;
/** Many callers asking at once cost each dependency one look. */
const REUSE_MS = 500;

export function createHealth(): Health {
  const checks = new Map<string, HealthCheck>();
  let draining = false;
  let latest: { at: number; states: Promise<[string, DependencyState][]> } | undefined;

  const look = () => Promise.all([...checks].map(async ([name, check]) => [name, await stateOf(check)] as [string, DependencyState]));
  return {
    add: (name, check) => void checks.set(name, check),
    drain: () => void (draining = true),
    async readiness() {
      if (!latest || Date.now() - latest.at > REUSE_MS) latest = { at: Date.now(), states: look() };
      const states = await latest.states;
      return { ready: !draining && states.every(([, state]) => state.ok), dependencies: Object.fromEntries(states) };
    },
  };
}

async function stateOf(check: HealthCheck): Promise<DependencyState> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    return { ok: true, detail: await Promise.race([check(), late]) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message || error.name : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
