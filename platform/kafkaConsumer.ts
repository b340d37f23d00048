import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './log.ts';
import { untilAborted } from './untilAborted.ts';

export interface IncomingMessage {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: string;
  readonly timestamp: string;
}

export interface MessageBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
}

export interface ConsumerSettings {
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Gets the messages of one partition, in order. Their offsets are committed when it resolves. When it throws, the partition rests and the
   * same messages come again: nothing is skipped. Messages may also come again after a crash or a rebalance.
   */
  onBatch(batch: MessageBatch): Promise<void>;
}

export interface MessageConsumer {
  close(): Promise<void>;
}

/** The least a broker allows by default: after a kill -9 the partitions come to another consumer within this. */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_INTERVAL_MS = 1_500;
const MAX_FETCH_WAIT_MS = 500;
const RECONNECT_AFTER_MS = 1_000;
const REST_AFTER_FAILURE_MS = 1_000;

export const CONSUMER_SETTINGS = {
  sessionTimeout: SESSION_TIMEOUT_MS,
  heartbeatInterval: HEARTBEAT_INTERVAL_MS,
  rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
  maxWaitTimeInMs: MAX_FETCH_WAIT_MS,
  allowAutoTopicCreation: false,
};

/** A consumer that lives until it is closed: whatever fails, a new one of kafkajs takes over. */
export function createConsumer(
  connectNew: () => Consumer,
  { settings, topicPrefix, log }: { settings: ConsumerSettings; topicPrefix: string; log: Logger },
): MessageConsumer {
  const stopping = new AbortController();

  async function consumeUntilItFails() {
    const consumer = connectNew();
    const failed = new Promise<never>((_, reject) => consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error)));
    failed.catch(() => undefined); // it may fail before anybody waits for it
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: settings.topics.map((topic) => `${topicPrefix}${topic}`), fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async (payload) => {
          const { batch } = payload;
          if (payload.isStale() || !payload.isRunning()) return;
          const topic = batch.topic.slice(topicPrefix.length);
          try {
            await settings.onBatch({ topic, partition: batch.partition, messages: batch.messages.map(toIncoming) });
          } catch (error) {
            log.warn({ err: error, topic, partition: batch.partition, offset: batch.firstOffset() }, 'messages not taken; trying again');
            // Unresolved, so that the next fetch brings the same messages; the other partitions go on.
            setTimeout(payload.pause(), REST_AFTER_FAILURE_MS);
            return;
          }
          const next = String(BigInt(batch.lastOffset()) + 1n);
          await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }]);
          payload.resolveOffset(batch.lastOffset());
          await payload.heartbeat();
        },
      });
      await Promise.race([failed, untilAborted(stopping.signal)]);
    } finally {
      await consumer.disconnect().catch(() => undefined);
    }
  }

  async function consume() {
    while (!stopping.signal.aborted) {
      try {
        await consumeUntilItFails();
      } catch (error) {
        log.warn({ err: error, group: settings.groupId }, 'the Kafka consumer failed; connecting again');
        await delay(RECONNECT_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const consuming = consume();
  return {
    close() {
      stopping.abort();
      return consuming;
    },
  };
}

const toIncoming = ({ key, value, headers, offset, timestamp }: KafkaMessage): IncomingMessage => ({
  key: key?.toString('utf8') ?? null,
  value,
  headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, header]) => [name, headerText(header)])),
  offset,
  timestamp,
});

const headerText = (header: IHeaders[string]): string => (Array.isArray(header) ? header.join(',') : (header?.toString('utf8') ?? ''));
