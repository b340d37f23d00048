/** What became of a shadow: `dropped` where others waited already, `failed` where it threw, `skipped` where none of its models answers for the user. */
export type ShadowOutcome = 'answered' | 'skipped' | 'dropped' | 'failed';

/** Shadows that wait at most: they are asked between requests, and those that come faster than they can be answered are dropped. */
const WAITING_AT_MOST = 100;

/** Asks shadows after the answer has gone out, one between two turns of the event loop. */
export function createShadows(onShadow: (outcome: ShadowOutcome) => void): { add(ask: () => boolean): void } {
  const waiting: (() => boolean)[] = [];

  function next(): void {
    const ask = waiting.shift();
    if (!ask) return;
    try {
      onShadow(ask() ? 'answered' : 'skipped');
    } catch {
      onShadow('failed'); // it is counted, and whoever was answered has their answer
    }
    if (waiting.length > 0) setImmediate(next);
  }

  return {
    add(ask) {
      if (waiting.length >= WAITING_AT_MOST) return onShadow('dropped');
      waiting.push(ask);
      if (waiting.length === 1) setImmediate(next);
    },
  };
}
