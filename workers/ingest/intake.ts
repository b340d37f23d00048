import type { z } from 'zod';
import { deadLetterTopic } from '../../contracts/events.ts';
import { findUnkeepable } from '../../contracts/text.ts';
import type { IncomingMessage, MessageBatch, MessageProducer, OutgoingMessage } from '../../platform/kafka.ts';
import type { Logger } from '../../platform/log.ts';
import { isDataRefused } from '../../platform/postgres.ts';

export interface IntakeParts<T> {
  readonly schema: z.ZodType<T>;
  /** Keeps events in one statement; doing it twice leaves one effect */
  readonly record: (events: readonly T[]) => Promise<unknown>;
  readonly deadLetters: MessageProducer;
  readonly log: Logger;
}

interface Refused {
  readonly message: IncomingMessage;
  readonly reason: Error;
}

/**
 * What a consumer does with a batch: what can be read is recorded, the rest goes to the dead-letter topic.
 * @throws when the database or Kafka is not there; nothing is lost then, the batch comes again
 */
export const createIntake =
  <T>({ schema, record, deadLetters, log }: IntakeParts<T>) =>
  async (batch: MessageBatch): Promise<void> => {
    const read = batch.messages.map((message) => readMessage(schema, message));
    const events = read.filter((outcome) => 'event' in outcome);
    const unreadable = read.filter((outcome) => 'reason' in outcome);
    const refused = [...unreadable, ...(await recordAll(record, events))];
    if (refused.length === 0) return;
    await deadLetters.send(
      deadLetterTopic(batch.topic),
      refused.map((one) => toDeadLetter(batch, one)),
    );
    log.warn({ topic: batch.topic, partition: batch.partition, count: refused.length, first: refused[0]?.reason.message }, 'dead letters');
  };

function readMessage<T>(schema: z.ZodType<T>, message: IncomingMessage): { message: IncomingMessage; event: T } | Refused {
  try {
    return { message, event: schema.parse(readJson(message.value)) };
  } catch (reason) {
    return { message, reason: reason as Error };
  }
}

/** @throws Error where it is no JSON, or holds what would be lost on its way */
function readJson(content: Buffer | null): unknown {
  const value: unknown = JSON.parse(content?.toString('utf8') ?? '');
  const unkeepable = findUnkeepable(value, 'value');
  if (unkeepable) throw new Error(`${unkeepable.at} ${unkeepable.why}`);
  return value;
}

/** Records all at once; only where the database refuses the data, one by one, to find which. */
async function recordAll<T>(
  record: IntakeParts<T>['record'],
  events: readonly { message: IncomingMessage; event: T }[],
): Promise<Refused[]> {
  if (events.length === 0) return [];
  try {
    await record(events.map(({ event }) => event));
    return [];
  } catch (reason) {
    if (!isDataRefused(reason)) throw reason;
    if (events.length === 1) return events.map(({ message }) => ({ message, reason }));
    const refused: Refused[] = [];
    for (const one of events) refused.push(...(await recordAll(record, [one])));
    return refused;
  }
}

const MAX_REASON_LENGTH = 1_000;

/** In the original's partition, with Spring's names for where it was and why it was refused; all of them as text. */
const toDeadLetter = ({ topic, partition }: MessageBatch, { message, reason }: Refused): OutgoingMessage => ({
  key: message.key,
  value: message.value,
  partition,
  headers: {
    ...message.headers,
    'kafka_dlt-original-topic': topic,
    'kafka_dlt-original-partition': String(partition),
    'kafka_dlt-original-offset': message.offset,
    'kafka_dlt-original-timestamp': message.timestamp,
    'kafka_dlt-exception-fqcn': reason.name,
    'kafka_dlt-exception-message': reason.message.slice(0, MAX_REASON_LENGTH),
  },
});
