import { setImmediate } from 'node:timers/promises';

const YIELD_EVERY_MS = 40;

export type Pause = () => Promise<void>;

/** Lets the event loop run now and then, and looks for an abort. */
export function createPause(signal: AbortSignal): Pause {
  let pausedAt = performance.now();
  return async () => {
    if (performance.now() - pausedAt < YIELD_EVERY_MS) return;
    await setImmediate();
    signal.throwIfAborted();
    pausedAt = performance.now();
  };
}
