import type { z } from 'zod';
import { ERASURE_TOMBSTONE } from '../../contracts/erasure.ts';
import { Failure } from '../../contracts/failures.ts';
import type { IncomingMessage, MessageBatch, UndecodableBatch } from '../../platform/kafka/kafka.ts';
import { isDatabaseTrouble, isDataRefused } from '../../platform/postgres.ts';
import { RedisUnavailable } from '../../platform/redis.ts';
import type { DeadLetters, SetAside } from './deadLetters.ts';
import { readEvent } from './readEvent.ts';

export interface IntakeParts<T> {
  readonly schema: z.ZodType<T>;
  /** Keeps events in one statement; doing it twice leaves one effect */
  readonly record: (events: readonly T[]) => Promise<unknown>;
  readonly deadLetters: DeadLetters;
  /** Told how many events of a batch were recorded */
  readonly onTaken?: (topic: string, events: number) => void;
}

interface ReadEvent<T> {
  readonly message: IncomingMessage;
  readonly event: T;
}

/** So often the same messages come again before one of them is blamed for a failure that nobody knows. */
const TRIES = 5;

/**
 * What a consumer does with a batch: what can be read is recorded, the rest goes to the dead-letter topic. While an engine is away the batch comes
 * again for ever; a failure that stays while the engines are there is some message's, which is looked for and set aside.
 * @throws when the database or Kafka is not there; nothing is lost then, the batch comes again
 */
export function createIntake<T>({ schema, record, deadLetters, onTaken }: IntakeParts<T>): (batch: MessageBatch) => Promise<void> {
  const tries = countTries();
  return async (batch) => {
    const read = batch.messages.filter((message) => !isErasure(message)).map((message) => readMessage(schema, message, batch));
    const events = read.filter((outcome) => 'event' in outcome);
    const unreadable = read.filter((outcome) => 'reason' in outcome);
    const isLastTry = tries.next(batch) >= TRIES;
    const refused = await recordAll(record, events, (error) => blame(error, isLastTry));
    const setAside = [...batch.undecodable.map(ofBatch), ...unreadable, ...refused];
    if (setAside.length > 0) await deadLetters.send(batch, setAside);
    onTaken?.(batch.topic, events.length - refused.length);
    tries.done(batch);
  };
}

/** Takes the place of an erased user's messages on a compacted topic. */
const isErasure = ({ value, headers }: IncomingMessage) => value === null && headers.some(({ name }) => name === ERASURE_TOMBSTONE);

function readMessage<T>(schema: z.ZodType<T>, message: IncomingMessage, batch: MessageBatch): ReadEvent<T> | SetAside {
  try {
    return { message, event: schema.parse(readEvent(message, batch)) };
  } catch (reason) {
    return { message, because: 'unreadable', reason: reason as Error };
  }
}

const ofBatch = ({ firstOffset, lastOffset, reason, bytes }: UndecodableBatch): SetAside => ({
  message: { key: null, value: bytes, headers: [], offset: firstOffset, timestamp: '-1' },
  lastOffset,
  because: 'undecodable',
  reason: Object.assign(new Error(reason), { name: 'UndecodableBatch' }),
});

/** @returns why the messages are to blame for it, if they are */
function blame(error: unknown, isLastTry: boolean): 'refused' | 'failed' | undefined {
  // A movie of a name that nobody has.
  if (isDataRefused(error) || (error instanceof Failure && error.kind === 'missing')) return 'refused';
  if (!isLastTry || isDatabaseTrouble(error) || error instanceof RedisUnavailable) return undefined;
  return 'failed';
}

/** Records all at once; only where messages are to blame, by halves, to find which. */
async function recordAll<T>(
  record: IntakeParts<T>['record'],
  events: readonly ReadEvent<T>[],
  blameFor: (error: unknown) => 'refused' | 'failed' | undefined,
): Promise<SetAside[]> {
  if (events.length === 0) return [];
  try {
    await record(events.map(({ event }) => event));
    return [];
  } catch (error) {
    const because = blameFor(error);
    if (!because) throw error;
    const reason = error instanceof Error ? error : new Error(String(error));
    if (events.length === 1) return events.map(({ message }) => ({ message, because, reason }));
    const half = events.length >> 1;
    const first = await recordAll(record, events.slice(0, half), blameFor);
    return [...first, ...(await recordAll(record, events.slice(half), blameFor))];
  }
}

/** How often each partition's messages have come, from the same first one on. */
function countTries() {
  const latest = new Map<number, { first: string | undefined; count: number }>();
  const firstOf = ({ messages, undecodable }: MessageBatch) => messages[0]?.offset ?? undecodable[0]?.firstOffset;
  return {
    next(batch: MessageBatch): number {
      const known = latest.get(batch.partition);
      const first = firstOf(batch);
      const count = known?.first === first ? known!.count + 1 : 1;
      latest.set(batch.partition, { first, count });
      return count;
    },
    done: (batch: MessageBatch) => void latest.delete(batch.partition),
  };
}
