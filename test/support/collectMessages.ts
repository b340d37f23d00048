import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Kafka, MessageConsumer } from '../../platform/kafka/kafka.ts';

export interface CollectedMessage {
  readonly partition: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** As text; the last of each name */
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: string;
  readonly raw: IncomingMessage;
}

/** Reads a topic from its first message on; `messages` grows as they come, in order within each partition. */
export function collectMessages(kafka: Kafka, topic: string): { messages: CollectedMessage[]; close: MessageConsumer['close'] } {
  const messages: CollectedMessage[] = [];
  const consumer = kafka.createConsumer({
    groupId: randomUUID(),
    topics: [topic],
    async onBatch({ partition, messages: batch }) {
      messages.push(...batch.map((message) => toText(partition, message)));
    },
  });
  return { messages, close: () => consumer.close() };
}

const toText = (partition: number, raw: IncomingMessage): CollectedMessage => ({
  partition,
  key: raw.key?.toString('utf8') ?? null,
  value: raw.value,
  headers: Object.fromEntries(raw.headers.map(({ name, value }) => [name, value?.toString('utf8') ?? ''])),
  offset: raw.offset,
  raw,
});
