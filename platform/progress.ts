import type { Registry } from 'prom-client';
import { EVERY_PROCESS } from '../contracts/metrics/everyProcess.ts';
import { addMetrics, atScrape } from './metrics.ts';
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

interface Counts {
  turns: number;
  failures: number;
  lastSuccessMs: number | undefined;
}

export function createProgress(now: () => number = Date.now): Progress {
  const followed = new Set<State>();
  /** Also of what is followed no longer: counters only grow. */
  const counts = new Map<string, Counts>();
  return {
    follow(name) {
      const state: State = { name, reason: '' };
      followed.add(state);
      const count = counts.get(name) ?? { turns: 0, failures: 0, lastSuccessMs: undefined };
      counts.set(name, count);
      return {
        begun: () => void (state.busySinceMs = now()),
        succeeded() {
          state.busySinceMs = state.failingSinceMs = undefined;
          count.turns += 1;
          count.lastSuccessMs = now();
        },
        failed(error) {
          state.busySinceMs = undefined;
          state.failingSinceMs ??= now();
          state.reason = oneLine(error);
          count.failures += 1;
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
    measure(registry) {
      const metrics = addMetrics(registry, EVERY_PROCESS.loops);
      const longest = (since: (state: State) => number | undefined) => (gauge: typeof metrics.loop_busy_seconds) => {
        gauge.reset();
        for (const { name } of followed) gauge.set({ loop: name }, 0);
        for (const state of followed) if (since(state) !== undefined) gauge.set({ loop: state.name }, (now() - since(state)!) / 1_000);
      };
      atScrape(
        metrics.loop_stalled_seconds,
        longest(({ failingSinceMs }) => failingSinceMs),
      );
      atScrape(
        metrics.loop_busy_seconds,
        longest(({ busySinceMs }) => busySinceMs),
      );
      atScrape(metrics.loop_last_success_timestamp_seconds, (gauge) => {
        gauge.reset();
        for (const { name } of followed) {
          const { lastSuccessMs } = counts.get(name)!;
          if (lastSuccessMs !== undefined) gauge.set({ loop: name }, lastSuccessMs / 1_000);
        }
      });
      const total = (of: (count: Counts) => number) => (counter: typeof metrics.loop_turns_total) => {
        counter.reset();
        for (const [loop, count] of counts) counter.inc({ loop }, of(count));
      };
      atScrape(
        metrics.loop_turns_total,
        total(({ turns }) => turns),
      );
      atScrape(
        metrics.loop_failures_total,
        total(({ failures }) => failures),
      );
    },
  };
}

/** All that this process does again and again: its readiness and its metrics tell of it, and no loop can be forgotten. */
export const progress = createProgress();
