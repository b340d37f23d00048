import { Counter, Gauge, type Registry } from 'prom-client';
import { oneLine } from './oneLine.ts';

/** Something that is done again and again, such as a loop or the taking of a partition. */
export interface Followed {
  /** A turn has begun */
  begun(): void;
  /** A turn has ended well */
  succeeded(): void;
  failed(error: unknown): void;
  /** It is done no longer */
  ended(): void;
}

export interface Stall {
  readonly name: string;
  readonly sinceMs: number;
  readonly reason: string;
}

export interface Progress {
  /** @param name of a bounded set: it is a label of the metrics */
  follow(name: string): Followed;
  /** What has got nothing done for `afterMs`, since each turn of it fails, or for ten times as long inside one turn. */
  stalled(afterMs: number): Stall[];
  /** Gauges and counters of all that is followed. */
  measure(metrics: Registry): void;
}

/** A turn may be long; one that is this much longer hangs. */
const HANGS_AFTER_BOUNDS = 10;

interface State {
  readonly name: string;
  failingSinceMs?: number | undefined;
  busySinceMs?: number | undefined;
  reason: string;
}

export function createProgress(now: () => number = Date.now): Progress {
  const followed = new Set<State>();
  const failures = new Map<string, number>();
  return {
    follow(name) {
      const state: State = { name, reason: '' };
      followed.add(state);
      failures.set(name, failures.get(name) ?? 0);
      return {
        begun: () => void (state.busySinceMs = now()),
        succeeded: () => void (state.busySinceMs = state.failingSinceMs = undefined),
        failed(error) {
          state.busySinceMs = undefined;
          state.failingSinceMs ??= now();
          state.reason = oneLine(error);
          failures.set(name, (failures.get(name) ?? 0) + 1);
        },
        ended: () => void followed.delete(state),
      };
    },
    stalled(afterMs) {
      const isOver = (since: number | undefined, bounds: number) => since !== undefined && now() - since >= afterMs * bounds;
      return [...followed].flatMap(({ name, failingSinceMs, busySinceMs, reason }): Stall[] => {
        if (isOver(failingSinceMs, 1)) return [{ name, sinceMs: failingSinceMs!, reason }];
        if (isOver(busySinceMs, HANGS_AFTER_BOUNDS)) return [{ name, sinceMs: busySinceMs!, reason: 'it has not come back' }];
        return [];
      });
    },
    measure(metrics) {
      new Gauge({
        name: 'loop_stalled_seconds',
        help: 'Time since a loop or a partition fails at each turn, 0 while it goes on',
        labelNames: ['loop'],
        registers: [metrics],
        collect() {
          this.reset();
          for (const { name } of followed) this.set({ loop: name }, 0);
          for (const { name, failingSinceMs } of followed) {
            if (failingSinceMs !== undefined) this.set({ loop: name }, (now() - failingSinceMs) / 1_000);
          }
        },
      });
      new Counter({
        name: 'loop_failures_total',
        help: 'Turns of a loop, or of the taking of a partition, that failed',
        labelNames: ['loop'],
        registers: [metrics],
        collect() {
          this.reset();
          for (const [loop, count] of failures) this.inc({ loop }, count);
        },
      });
    },
  };
}

/** All that this process does again and again: its readiness and its metrics tell of it, and no loop can be forgotten. */
export const progress = createProgress();
