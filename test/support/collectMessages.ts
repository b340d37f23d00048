import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Kafka, MessageConsumer } from '../../platform/kafka.ts';

export interface CollectedMessage extends IncomingMessage {
  readonly partition: number;
}

/** Reads a topic from its first message on; `messages` grows as they come, in order within each partition. */
export function collectMessages(kafka: Kafka, topic: string): { messages: CollectedMessage[]; close: MessageConsumer['close'] } {
  const messages: CollectedMessage[] = [];
  const consumer = kafka.createConsumer({
    groupId: randomUUID(),
    topics: [topic],
    async onBatch({ partition, messages: batch }) {
      messages.push(...batch.map((message) => ({ ...message, partition })));
    },
  });
  return { messages, close: () => consumer.close() };
}
