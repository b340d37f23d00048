import { AsyncResource } from 'node:async_hooks';
import { EVENTS_OF_STATEMENT } from '../../contracts/sizes.ts';
import { isDataRefused, type Database } from '../../platform/postgres.ts';
import { activeCarrier, isTracing } from '../../platform/traces/traces.ts';
import { enqueue, enqueueAll, type OutboxEvent } from './outbox.ts';

/** Puts events on their way; durable when it resolves, all or none. */
export type Enqueue = (events: readonly OutboxEvent[]) => Promise<void>;

interface Caller {
  readonly events: readonly OutboxEvent[];
  /** Runs where the caller called, for the log and the trace, whoever's statement was before */
  readonly insert: (events: readonly OutboxEvent[]) => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts the events of callers who come at the same time on their way in one statement: those who come while one is under way are the next. Postgres commits
 * inserts into the outbox one after the other, since each of them notifies the relay, so that a commit for each would be all that a disk can do.
 */
export function enqueueTogether(db: Database): Enqueue {
  const waiting: Caller[] = [];
  let isUnderWay = false;

  async function sendWaiting(): Promise<void> {
    isUnderWay = true;
    while (waiting.length > 0) await send(takeFitting(waiting));
    isUnderWay = false;
  }

  async function send(callers: readonly Caller[]): Promise<void> {
    try {
      await callers[0]!.insert(callers.flatMap(({ events }) => events));
      for (const { resolve } of callers) resolve();
    } catch (error) {
      if (isDataRefused(error)) await blame(callers, error);
      // Where the server is away, whoever came after would only wait for it as long once more.
      else for (const { reject } of [...callers, ...waiting.splice(0)]) reject(error);
    }
  }

  /** One caller's data is no fault of the others. */
  async function blame(callers: readonly Caller[], error: unknown): Promise<void> {
    if (callers.length === 1) callers[0]!.reject(error);
    else await Promise.all(callers.map((caller) => send([caller])));
  }

  return (events) =>
    new Promise((resolve, reject) => {
      waiting.push({ events: placed(events), insert: AsyncResource.bind((these) => insert(db, these)), resolve, reject });
      if (!isUnderWay) void sendWaiting();
    });
}

/** Each caller's events belong to the caller's trace, whoever's statement has them. */
function placed(events: readonly OutboxEvent[]): readonly OutboxEvent[] {
  if (!isTracing()) return events;
  const trace = activeCarrier() ?? null;
  return events.map((event) => ({ ...event, trace }));
}

/** Takes the first callers, as many as one statement holds, and one at least. */
function takeFitting(waiting: Caller[]): Caller[] {
  let rows = 0;
  const beyond = waiting.findIndex(({ events }) => (rows += events.length) > EVENTS_OF_STATEMENT);
  return waiting.splice(0, beyond === -1 ? waiting.length : Math.max(1, beyond));
}

const insert = (db: Database, events: readonly OutboxEvent[]): Promise<void> =>
  events.length === 1 ? enqueue(db, events[0]!) : enqueueAll(db, events);
