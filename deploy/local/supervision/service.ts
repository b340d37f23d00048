import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../../../platform/untilAborted.ts';
import type { Child, ChildOptions, Ending } from './child.ts';
import type { Guard } from './guard.ts';
import { StartError } from './startError.ts';

export const SERVICE_STATES = ['starting', 'running', 'restarting', 'stopping', 'stopped'] as const;

/** Something the supervisor keeps alive: an engine, or one of our processes. */
export interface ServiceDefinition {
  readonly name: string;
  readonly kind: 'engine' | 'process';
  readonly port: number;
  /** Lower ranks are ended first. */
  readonly rank: number;
  /** @param inPlaceOf the process that is to end once the new one could answer; an engine has none */
  start(inPlaceOf?: Child): Promise<Child & { readonly ready: Promise<void> }>;
  /** How it is asked to end, and for how long, where that is its own */
  readonly ending?: Pick<ChildOptions, 'stopSignal' | 'stopTimeoutMs'>;
}

export interface ServiceStatus {
  readonly state: (typeof SERVICE_STATES)[number];
  readonly child: Child | undefined;
  readonly startedAt: Date | undefined;
  readonly restarts: number;
  readonly lastExit: Ending | undefined;
}

export interface Service extends ServiceDefinition {
  status(): ServiceStatus;
  /** Resolves when it is ready for the first time. @throws when it does not come up, with the end of its log */
  up(): Promise<void>;
  /** Watches over what another supervisor started. */
  adopt(child: Child, startedAt: Date): void;
  /**
   * Puts a new process beside the one that runs, which ends when the new one could answer; resolves when the new one is ready.
   * @throws where it does not come up; while the one before has not ended, that goes on
   */
  replace(): Promise<void>;
  down(): Promise<void>;
  /** Ends it without asking. */
  kill(): void;
}

interface Surroundings {
  readonly guard: Guard;
  /** Told what a person should know. */
  readonly say: (message: string) => void;
  /** Told after each change of the status. */
  readonly changed: () => void;
}

const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 30_000;
/** One that ran this long was well; its next failure is a new story. */
const WELL_AFTER_MS = 60_000;

export const backOffMs = (failures: number): number => Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** failures);

/** Keeps one program alive: started again with growing pauses when it ends by itself, until `down`. */
export function createService(definition: ServiceDefinition, { guard, say, changed }: Surroundings): Service {
  const stopping = new AbortController();
  let status: ServiceStatus = { state: 'stopped', child: undefined, startedAt: undefined, restarts: 0, lastExit: undefined };
  let current: Promise<unknown> = Promise.resolve();
  let failures = 0;
  let isReplacing = false;

  function update(change: Partial<ServiceStatus>) {
    status = { ...status, ...change };
    changed();
  }

  async function launch() {
    const child = await definition.start();
    watch(child, new Date());
    return child;
  }

  function watch(child: Child, startedAt: Date) {
    guard.watch(watched(child));
    update({ child, startedAt });
    void child.ended.then((how) => ended(child, how));
  }

  const watched = (child: Child) => ({ ...pick(child), name: definition.name, rank: definition.rank, signal: child.stopSignal });

  function ended(child: Child, how: Ending) {
    guard.forget(child.pid);
    if (status.child !== child) return; // replaced
    const isExpected = stopping.signal.aborted || status.state === 'starting' || isReplacing;
    failures = Date.now() - (status.startedAt?.getTime() ?? 0) > WELL_AFTER_MS ? 0 : failures;
    update({ child: undefined, lastExit: how });
    if (!isExpected) current = restart(how);
  }

  async function restart(how: string): Promise<void> {
    const wait = backOffMs(failures);
    failures += 1;
    say(`${definition.name} ended with ${how}; starting it again in ${wait / 1000} s (${status.restarts + 1})`);
    update({ state: 'restarting', restarts: status.restarts + 1 });
    await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    try {
      const child = await launch();
      void child.ready.then(() => running(child)).catch(() => undefined); // what ended it is told by `ended`
    } catch (error) {
      current = restart(error instanceof Error ? error.message : String(error));
    }
  }

  function running(child: Child) {
    if (status.child !== child || stopping.signal.aborted) return;
    if (status.restarts > 0) say(`${definition.name} is back`);
    update({ state: 'running' });
  }

  /** @throws where the new process does not come up, or all is to end meanwhile; then it is ended */
  async function exchange(): Promise<void> {
    const next = await definition.start(status.child);
    guard.watch(watched(next));
    try {
      await Promise.race([next.ready, untilAborted(stopping.signal)]);
      stopping.signal.throwIfAborted();
    } catch (error) {
      await next.stop();
      guard.forget(next.pid);
      throw error;
    }
    watch(next, new Date());
  }

  return {
    ...definition,
    status: () => status,
    async up() {
      stopping.signal.throwIfAborted();
      update({ state: 'starting' });
      const launched = launch();
      current = launched.catch(() => undefined);
      try {
        const child = await launched;
        await child.ready;
        running(child);
      } catch (error) {
        throw new StartError(`${definition.name} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
    adopt(child, startedAt) {
      watch(child, startedAt);
      update({ state: 'running' });
    },
    async replace() {
      isReplacing = true;
      const exchanged = exchange();
      current = exchanged.catch(() => undefined);
      try {
        await exchanged;
      } catch (error) {
        throw new StartError(`${definition.name} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      } finally {
        isReplacing = false;
        if (!status.child && !stopping.signal.aborted) current = restart('its place was not taken');
      }
    },
    async down() {
      stopping.abort();
      await current;
      if (status.child) update({ state: 'stopping' });
      await status.child?.stop();
      update({ state: 'stopped', child: undefined });
    },
    kill: () => status.child?.kill(),
  };
}

const pick = ({ pid, startTime }: Child) => ({ pid, startTime });
