/** What a question calls, by the signal that it hands to each call: a page says nowhere of what it is. */
const callsOf = new WeakMap<AbortSignal, Set<string>>();

/** @param call subject and name, such as `runs.list` */
export function noteCall(signal: AbortSignal | undefined, call: string): void {
  if (signal) callsOf.get(signal)?.add(call);
}

/** @returns the calls as they come */
export function followCalls(signal: AbortSignal): ReadonlySet<string> {
  const calls = new Set<string>();
  callsOf.set(signal, calls);
  return calls;
}

/** What nothing changes but what is told. Others say too how far something has come, or how old it is. */
const TOLD: ReadonlySet<string> = new Set([
  ...['runs.list', 'backups.list', 'models.list', 'registry.models', 'registry.experiments', 'routes.list', 'servingRules.list'],
  ...['canaries.list', 'drift.list', 'dataSets.list', 'quality.list', 'webhooks.list', 'keys.list', 'audit.list'],
]);

/** Whether all of them are told of when they change. */
export const isToldOf = (calls: ReadonlySet<string>): boolean => calls.size > 0 && [...calls].every((call) => TOLD.has(call));

/** Whether one of them is about what has changed. */
export const isAbout = (calls: ReadonlySet<string>, subjects: readonly string[]): boolean =>
  [...calls].some((call) => subjects.includes(call.slice(0, call.indexOf('.'))));
