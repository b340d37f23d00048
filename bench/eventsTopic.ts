import { randomUUID } from 'node:crypto';
import type { Kafka } from '../platform/kafka/kafka.ts';
import { waitFor } from '../test/support/waitFor.ts';

export interface TopicMessage {
  readonly key: string;
  readonly value: Buffer;
  /** As text; the last of each name */
  readonly headers: Readonly<Record<string, string>>;
}

const READ_MS = 600_000;

/** Reads a topic from its first message to its last, in order within each partition. */
export async function readTopic(kafka: Kafka, topic: string, take: (message: TopicMessage) => void): Promise<void> {
  const groupId = randomUUID();
  const consumer = kafka.createConsumer({
    groupId,
    topics: [topic],
    async onBatch({ messages }) {
      for (const { key, value, headers } of messages)
        take({
          key: key?.toString('utf8') ?? '',
          value: value ?? Buffer.alloc(0),
          headers: Object.fromEntries(headers.map(({ name, value: text }) => [name, text?.toString('utf8') ?? ''])),
        });
    },
  });
  await waitFor('the end of the topic', async () => (await kafka.lag(groupId, topic)) === 0, { everyMs: 250, timeoutMs: READ_MS });
  await consumer.close();
}
