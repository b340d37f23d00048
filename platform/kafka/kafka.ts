import kafkajs from 'kafkajs';
import type { Admin, SASLOptions } from 'kafkajs';
import { createBrowser, type Browser } from './browse.ts';
import { CONSUMER_SETTINGS, createConsumer, type ConsumerSettings, type MessageConsumer } from './consumer.ts';
import { readFetchesHere } from './fetch.ts';
import { createProducer, PRODUCER_SETTINGS, type MessageProducer, type ProducerSettings } from './producer.ts';
import { askForRightsHere, rightsOfGroup, rightsOfTopics, type Rights } from './rights.ts';
import type { KafkaConnection } from '../connections/kafka.ts';
import type { Logger } from '../log.ts';

export type { IncomingMessage, MessageBatch, MessageConsumer } from './consumer.ts';
export type { MessageProducer, OutgoingMessage } from './producer.ts';
export type { UndecodableBatch } from './records.ts';
export type { Rights } from './rights.ts';
export { cloudEventPlace } from './traceMessages.ts';

readFetchesHere();
askForRightsHere();

export interface KafkaSettings extends KafkaConnection {
  /** Put before every topic and consumer group; callers never see it */
  readonly topicPrefix: string;
  readonly clientId: string;
  readonly log: Logger;
}

export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  /** Of one batch, as it is sent; the broker's own bound when missing */
  readonly maxMessageBytes?: number;
}

export interface TopicRetention {
  /** Whether a message takes the place of those before it with its key */
  readonly isCompacted: boolean;
  /** Whether messages go when they are old */
  readonly isDeleted: boolean;
  /** Of a segment that is closed; -1: for ever */
  readonly retentionMs: number;
  /** For which a segment is written to at most */
  readonly segmentMs: number;
}

/** What the platform asks of Kafka; another client fits behind it. Nothing connects before it is used, and everything connects again by itself. */
export interface Kafka {
  /**
   * Creates the topics that are missing; what is there stays as it is.
   * @returns names that were created
   * @throws Error that names those which are missing, where we may not create any
   */
  ensureTopics(topics: readonly TopicSettings[]): Promise<string[]>;
  /** @param settings no compression when missing */
  createProducer(settings?: ProducerSettings): MessageProducer;
  /** Consumes until it is closed, from the earliest message where the group has no offset yet. */
  createConsumer(settings: ConsumerSettings): MessageConsumer;
  /** Messages of a topic that a group has yet to commit, over all partitions. */
  lag(groupId: string, topic: string): Promise<number>;
  /** Where a group goes on. @throws where it has members: they would go on as they are */
  setOffsets(groupId: string, topic: string, offsets: readonly { readonly partition: number; readonly offset: string }[]): Promise<void>;
  /** Topics that are not there, or are hidden from us; as Kafka knows them. @returns also whether we may create them */
  missingTopics(topics: readonly TopicSettings[]): Promise<{ names: string[]; mayCreate: boolean }>;
  /**
   * What the broker says that we may do; it changes nothing.
   * @param topics that are there
   * @returns by the names that Kafka knows; undefined where it does not tell
   */
  rights(topics: readonly string[], groupId: string): Promise<{ topics: Map<string, Rights | undefined>; group: Rights | undefined }>;
  /** For how long a topic keeps what is on it; undefined where Kafka does not tell us. */
  retention(topic: string): Promise<TopicRetention | undefined>;
  /** @throws within about a second when no broker answers */
  check(): Promise<string>;
  readonly browse: Browser;
}

/** kafkajs's own values take 9.6 s to say that there is no broker, and whoever calls tries again anyway. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 };
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Kafka by kafkajs 2.2. */
export function createKafka({ brokers, ssl, sasl, topicPrefix, clientId, log }: KafkaSettings): Kafka {
  const client = new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    ...(ssl && { ssl }),
    ...(sasl && { sasl: sasl as SASLOptions }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    // What fails comes back as an error and is logged here, once; kafkajs would log each attempt.
    logCreator:
      () =>
      ({ namespace, log: { message, error } }) =>
        log.debug({ kafkajs: namespace, error: error as unknown }, message),
  });
  const prefixed = (name: string) => `${topicPrefix}${name}`;

  async function asAdmin<T>(body: (admin: Admin) => Promise<T>, retries = RETRY.retries): Promise<T> {
    const admin = client.admin({ retry: { ...RETRY, retries } });
    try {
      await admin.connect();
      return await body(admin);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  async function missingOf(admin: Admin, topics: readonly TopicSettings[]) {
    const existing = new Set(await admin.listTopics());
    return topics.filter(({ name }) => !existing.has(prefixed(name)));
  }

  /** @returns false where we may not */
  async function create(admin: Admin, topics: readonly TopicSettings[], how: { validateOnly?: boolean } = {}): Promise<boolean> {
    try {
      await admin.createTopics({
        ...how,
        waitForLeaders: how.validateOnly !== true,
        topics: topics.map(({ name, partitions, maxMessageBytes }) => ({
          topic: prefixed(name),
          numPartitions: partitions,
          configEntries: maxMessageBytes === undefined ? [] : [{ name: 'max.message.bytes', value: String(maxMessageBytes) }],
        })),
      });
      return true;
    } catch (error) {
      if (isForbidden(error)) return false;
      throw error;
    }
  }

  return {
    ensureTopics: (topics) =>
      asAdmin(async (admin) => {
        const missing = await missingOf(admin, topics);
        if (missing.length === 0) return [];
        if (!(await create(admin, missing))) throw new Error(lackOfTopics(missing.map(({ name }) => prefixed(name))));
        return missing.map(({ name }) => name);
      }),
    missingTopics: (topics) =>
      asAdmin(async (admin) => {
        const missing = await missingOf(admin, topics);
        const mayCreate = missing.length === 0 || (await create(admin, missing, { validateOnly: true }));
        return { names: missing.map(({ name }) => prefixed(name)), mayCreate };
      }, 0),
    createProducer: ({ compression } = { compression: 'none' }) =>
      createProducer(() => client.producer({ ...PRODUCER_SETTINGS, retry: RETRY }), { prefixed, compression }),
    // A consumer that fails is replaced by a new one: kafkajs gives up on errors that it takes for final, such as a broker that is away.
    createConsumer: (settings) =>
      createConsumer(
        () =>
          client.consumer({
            groupId: prefixed(settings.groupId),
            ...CONSUMER_SETTINGS,
            retry: { ...RETRY, restartOnFailure: async () => false },
          }),
        { settings, topicPrefix, log },
      ),
    lag: (groupId, topic) =>
      asAdmin(async (admin) => {
        const ends = await admin.fetchTopicOffsets(prefixed(topic));
        const [committed] = await admin.fetchOffsets({ groupId: prefixed(groupId), topics: [prefixed(topic)] });
        const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        return ends.reduce((sum, { partition, high, low }) => sum + Number(high) - Math.max(offsets.get(partition) ?? 0, Number(low)), 0);
      }, 0),
    setOffsets: (groupId, topic, offsets) =>
      asAdmin((admin) => admin.setOffsets({ groupId: prefixed(groupId), topic: prefixed(topic), partitions: [...offsets] })),
    rights: (topics, groupId) =>
      asAdmin(
        async (admin) => ({
          topics: await rightsOfTopics(admin, topics.map(prefixed)),
          group: await rightsOfGroup(admin, prefixed(groupId)),
        }),
        0,
      ),
    retention: (topic) =>
      asAdmin(async (admin) => {
        const names = ['cleanup.policy', 'retention.ms', 'segment.ms'];
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: prefixed(topic), configNames: names }],
        });
        const told = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
        const [policy, retentionMs, segmentMs] = names.map((name) => told.get(name));
        if (policy === undefined || retentionMs === undefined || segmentMs === undefined) return undefined;
        const policies = policy.split(',').map((each) => each.trim());
        return {
          isCompacted: policies.includes('compact'),
          isDeleted: policies.includes('delete'),
          retentionMs: Number(retentionMs),
          segmentMs: Number(segmentMs),
        };
      }).catch((error: unknown) => {
        if (isForbidden(error)) return undefined;
        throw error;
      }),
    check: () =>
      asAdmin(async (admin) => {
        const { brokers: answering } = await admin.describeCluster();
        return `${answering.length} ${answering.length === 1 ? 'broker' : 'brokers'}`;
      }, 0),
    browse: createBrowser({ client, asAdmin: (body) => asAdmin(body, 0), topicPrefix }),
  };
}

/** Whether Kafka knows who we are and does not let us. */
export function isForbidden(error: unknown): boolean {
  const { type, errors = [], cause } = error as { type?: string; errors?: unknown[]; cause?: unknown };
  return /_AUTHORIZATION_FAILED$/.test(type ?? '') || [...errors, cause].some((each) => each instanceof Error && isForbidden(each));
}

export const lackOfTopics = (names: readonly string[]): string =>
  `Kafka lacks the topics ${names.join(', ')}, and we may not create topics: have them made, or set KAFKA_TOPIC_PREFIX to the prefix of those that are there`;
