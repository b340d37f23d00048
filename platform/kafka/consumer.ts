import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FetchedRecord, MessageHeader, UndecodableBatch } from './records.ts';
import { takeTraced } from './traceMessages.ts';
import type { Logger } from '../log.ts';
import { progress, type Followed, type Progress } from '../progress.ts';
import { untilAborted } from '../untilAborted.ts';

export interface IncomingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In their order; a name may come again */
  readonly headers: readonly MessageHeader[];
  readonly offset: string;
  readonly timestamp: string;
}

export interface MessageBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
  /** Batches that are in no readable form, among the messages by their offsets */
  readonly undecodable: readonly UndecodableBatch[];
}

export interface ConsumerSettings {
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Gets what a fetch brought of one partition, in order. Their offsets are committed when it resolves. When it throws, the partition rests and the
   * same messages come again: nothing is skipped. Messages may also come again after a crash or a rebalance.
   */
  onBatch(batch: MessageBatch): Promise<void>;
  /** How many partitions are worked on at a time, so that one is read while another waits for an engine; each in order. One when missing */
  readonly partitionsAtOnce?: number;
  /** Told of each turn of each partition; this process's own when missing */
  readonly followedBy?: Progress;
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

interface ConsumerParts {
  readonly settings: ConsumerSettings;
  readonly topicPrefix: string;
  readonly log: Logger;
}

/** A consumer that lives until it is closed: whatever fails, a new one of kafkajs takes over. */
export function createConsumer(connectNew: () => Consumer, { settings, topicPrefix, log }: ConsumerParts): MessageConsumer {
  const stopping = new AbortController();
  const connection = (settings.followedBy ?? progress).follow(`consumer ${settings.groupId}`);
  const partitions = followPartitions(settings.followedBy ?? progress);

  async function takeBatch(consumer: Consumer, payload: EachBatchPayload) {
    const { batch } = payload;
    if (payload.isStale() || !payload.isRunning()) return;
    const topic = batch.topic.slice(topicPrefix.length);
    const followed = partitions.get(topic, batch.partition);
    followed.begun();
    try {
      await whileBeating(payload, () => {
        const taken = { topic, partition: batch.partition, ...sortOut(batch.messages as unknown as FetchedRecord[]) };
        return takeTraced(taken, settings.groupId, () => settings.onBatch(taken));
      });
    } catch (error) {
      followed.failed(error);
      log.warn({ err: error, topic, partition: batch.partition, offset: batch.firstOffset() }, 'messages not taken; trying again');
      // Unresolved, so that the next fetch brings the same messages; the other partitions go on.
      setTimeout(payload.pause(), REST_AFTER_FAILURE_MS);
      return;
    }
    const next = String(BigInt(batch.lastOffset()) + 1n);
    await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }]);
    payload.resolveOffset(batch.lastOffset());
    followed.succeeded();
    await payload.heartbeat();
  }

  async function consumeUntilItFails() {
    const consumer = connectNew();
    const failed = new Promise<never>((_, reject) => consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error)));
    failed.catch(() => undefined); // it may fail before anybody waits for it
    consumer.on(consumer.events.FETCH, () => connection.succeeded());
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => partitions.keepOnly(assigned(payload, topicPrefix)));
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: settings.topics.map((topic) => `${topicPrefix}${topic}`), fromBeginning: true });
      await consumer.run({
        ...{ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: settings.partitionsAtOnce ?? 1 },
        eachBatch: (payload) => takeBatch(consumer, payload),
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
        connection.failed(error);
        log.warn({ err: error, group: settings.groupId }, 'the Kafka consumer failed; connecting again');
        await sleep(RECONNECT_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    connection.ended();
    partitions.keepOnly([]);
  }

  const consuming = consume();
  return {
    close() {
      stopping.abort();
      return consuming;
    },
  };
}

/** A batch may take longer than a session without a heartbeat: then its partitions would go to another consumer, which has to take it from its start. */
async function whileBeating(payload: EachBatchPayload, body: () => Promise<void>) {
  const beating = setInterval(() => void payload.heartbeat().catch(() => undefined), HEARTBEAT_INTERVAL_MS);
  try {
    await body();
  } finally {
    clearInterval(beating);
  }
}

/** @throws when the broker could not give what is there */
function sortOut(records: readonly FetchedRecord[]): Pick<MessageBatch, 'messages' | 'undecodable'> {
  const failure = records.find((record) => record.failure !== undefined);
  if (failure) throw new Error(failure.failure);
  return {
    messages: records.filter(({ undecodable }) => !undecodable),
    undecodable: records.flatMap(({ undecodable }) => undecodable ?? []),
  };
}

const partitionName = (topic: string, partition: number) => `${topic}[${partition}]`;

const assigned = ({ memberAssignment }: ConsumerGroupJoinEvent['payload'], topicPrefix: string): string[] =>
  Object.entries(memberAssignment).flatMap(([topic, numbers]) =>
    numbers.map((number) => partitionName(topic.slice(topicPrefix.length), number)),
  );

/** Those that this consumer has; one that went to another consumer is no stall of ours. */
function followPartitions(followedBy: Progress) {
  const followed = new Map<string, Followed>();
  return {
    get(topic: string, partition: number): Followed {
      const name = partitionName(topic, partition);
      const known = followed.get(name) ?? followedBy.follow(name);
      followed.set(name, known);
      return known;
    },
    keepOnly(names: readonly string[]) {
      for (const [name, one] of followed) {
        if (names.includes(name)) continue;
        one.ended();
        followed.delete(name);
      }
    },
  };
}
