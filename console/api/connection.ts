import { signal } from '@preact/signals';

/** Whether the API answered when it was last asked. */
export const isConnected = signal(true);
/** Whether the API wants to know who looks, and does not. */
export const needsSignIn = signal(false);
/** What was answered before and is not now, by whoever asks: since when, in ms, and why. */
export const stale = signal<ReadonlyMap<symbol, { readonly since: number; readonly error: unknown }>>(new Map());
/** Counts up when somebody wants to try at once. */
export const tries = signal(0);

export function noteStale(who: symbol, why?: { readonly since: number; readonly error: unknown }): void {
  const next = new Map(stale.peek());
  if (why) next.set(who, why);
  else if (!next.delete(who)) return;
  stale.value = next;
}

export function noteAnswer(came: boolean): void {
  isConnected.value = came;
}
