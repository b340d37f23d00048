import type { Admin, Kafka as Client } from 'kafkajs';
import Batch from 'kafkajs/src/consumer/batch.js';
import { missing } from '../../contracts/failures.ts';
import type { IncomingMessage } from './consumer.ts';
import type { FetchedPartition } from './fetch.ts';
import type { FetchedRecord, UndecodableBatch } from './records.ts';

/** A partition with its offsets. */
export interface PartitionRange {
  readonly partition: number;
  /** Of the oldest message that is still there */
  readonly first: string;
  /** That the next message will have */
  readonly next: string;
}

interface CommittedPartition extends PartitionRange {
  /** Missing where it has committed nothing of it */
  readonly committed: string | undefined;
}

export interface GroupState {
  readonly name: string;
  /** As Kafka names it: `Stable`, `Empty` … */
  readonly state: string;
  readonly members: number;
  /** By the topics of which it has committed anything */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly CommittedPartition[] }[];
}

/** What a read brought of a partition. */
export interface PartitionRead {
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
  readonly undecodable: readonly UndecodableBatch[];
  /** Why the broker gives nothing more of it */
  readonly failure: string | undefined;
  /** Where to go on */
  readonly next: string;
  readonly isAtEnd: boolean;
}

/** A look into topics and groups from outside: it joins no group, commits nothing and makes no topic. */
export interface Browser {
  /** Whether it is one that the broker keeps for itself; it refuses what others write there. */
  isInternal(topic: string): boolean;
  topics(): Promise<{ name: string; partitions: PartitionRange[] }[]>;
  /** @throws Failure `missing` where there is no such topic */
  ranges(topic: string): Promise<PartitionRange[]>;
  /** Of each partition the first message that is no earlier, or the next one to come. @param ms since 1970 */
  offsetsAt(topic: string, ms: number): Promise<ReadonlyMap<number, string>>;
  groups(): Promise<GroupState[]>;
  /** How many there are in a group now */
  members(group: string): Promise<number>;
  /**
   * @param from partitions, each with the offset from which on to read; none may lie before what is still there
   * @param waitMs how long to wait where there is nothing yet
   */
  read(topic: string, from: ReadonlyMap<number, string>, waitMs: number): Promise<PartitionRead[]>;
}

interface BrowserParts {
  readonly client: Client;
  readonly asAdmin: <T>(body: (admin: Admin) => Promise<T>) => Promise<T>;
  readonly topicPrefix: string;
}

const FETCH_BYTES = 4 * 2 ** 20;
const PARTITION_BYTES = 2 ** 20;
const INTERNAL = /^__/;

export function createBrowser({ client, asAdmin, topicPrefix }: BrowserParts): Browser {
  const prefixed = (name: string) => `${topicPrefix}${name}`;
  const isOurs = (name: string) => name.startsWith(topicPrefix) && !INTERNAL.test(name);
  const own = (name: string) => name.slice(topicPrefix.length);

  async function rangesOf(admin: Admin, topic: string): Promise<PartitionRange[]> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, low, high }) => ({ partition, first: low, next: high })).sort((a, b) => a.partition - b.partition);
  }

  async function committedBy(admin: Admin, groupId: string): Promise<GroupState['topics']> {
    const committed = (await admin.fetchOffsets({ groupId })).filter(({ topic }) => isOurs(topic));
    return Promise.all(
      committed.map(async ({ topic, partitions }) => {
        const offsets = new Map(partitions.map(({ partition, offset }) => [partition, offset]));
        const ranges = await rangesOf(admin, topic);
        return { topic: own(topic), partitions: ranges.map((range) => ({ ...range, committed: offsets.get(range.partition) })) };
      }),
    );
  }

  return {
    isInternal: (topic) => INTERNAL.test(prefixed(topic)),
    topics: () =>
      asAdmin(async (admin) => {
        const names = (await admin.listTopics()).filter(isOurs).sort();
        return Promise.all(names.map(async (name) => ({ name: own(name), partitions: await rangesOf(admin, name) })));
      }),
    ranges: (topic) =>
      asAdmin(async (admin) => {
        // Asked for by its name, a topic that is not there might be made.
        if (!(await admin.listTopics()).includes(prefixed(topic))) throw missing(`There is no topic ${topic}`);
        return rangesOf(admin, prefixed(topic));
      }),
    offsetsAt: (topic, ms) =>
      asAdmin(async (admin) => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(prefixed(topic), ms);
        return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
      }),
    groups: () =>
      asAdmin(async (admin) => {
        const { groups: listed } = await admin.listGroups();
        const ids = listed.flatMap(({ groupId, protocolType }) => (isOurs(groupId) && protocolType !== 'connect' ? [groupId] : [])).sort();
        const { groups } = await admin.describeGroups(ids);
        return Promise.all(
          groups.map(async ({ groupId, state, members }) => ({
            name: own(groupId),
            state,
            members: members.length,
            topics: await committedBy(admin, groupId),
          })),
        );
      }),
    members: (group) =>
      asAdmin(async (admin) => {
        const { groups } = await admin.describeGroups([prefixed(group)]);
        return groups.reduce((sum, { members }) => sum + members.length, 0);
      }),
    async read(topic, from, waitMs) {
      const cluster = createCluster(client);
      await cluster.connect();
      try {
        await cluster.addTargetTopic(prefixed(topic));
        const leaders = Object.entries(cluster.findLeaderForPartitions(prefixed(topic), [...from.keys()]));
        const answers = await Promise.all(
          leaders.map(async ([nodeId, partitions]) => {
            const broker = await cluster.findBroker({ nodeId });
            return broker.fetch({ maxWaitTime: waitMs, maxBytes: FETCH_BYTES, topics: [toAsk(prefixed(topic), partitions, from)] });
          }),
        );
        return answers
          .flatMap(({ responses }) => responses.flatMap(({ partitions }) => partitions))
          .map((read) => toRead(topic, from, read));
      } finally {
        await cluster.disconnect();
      }
    },
  };
}

const toAsk = (topic: string, partitions: readonly number[], from: ReadonlyMap<number, string>) => ({
  topic,
  partitions: partitions.map((partition) => ({ partition, fetchOffset: from.get(partition)!, maxBytes: PARTITION_BYTES })),
});

function toRead(topic: string, from: ReadonlyMap<number, string>, read: FetchedPartition): PartitionRead {
  const { partition, messages: fetched, lastStableOffset } = read;
  const offset = from.get(partition)!;
  const failure = fetched.find((record) => record.failure !== undefined)?.failure;
  const records = new Batch(topic, offset, read).messages as readonly FetchedRecord[];
  const last = fetched.at(-1);
  const next = last && !failure && BigInt(last.offset) >= BigInt(offset) ? String(BigInt(last.offset) + 1n) : offset;
  return {
    partition,
    failure,
    messages: records.filter((record) => !record.undecodable && record.failure === undefined),
    undecodable: records.flatMap(({ undecodable }) => undecodable ?? []),
    next,
    isAtEnd: BigInt(next) >= BigInt(lastStableOffset),
  };
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(node: { nodeId: string }): Promise<{
    fetch(request: { maxWaitTime: number; maxBytes: number; topics: ReturnType<typeof toAsk>[] }): Promise<{
      readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
    }>;
  }>;
}

/** kafkajs has no way to read without joining a group; what its consumer stands on has. */
function createCluster(client: Client): Cluster {
  const create = Object.getOwnPropertySymbols(client).find(({ description }) => description === 'private:Kafka:createCluster')!;
  const methods = client as unknown as Record<symbol, (settings: object) => Cluster>;
  return methods[create]!({ allowAutoTopicCreation: false, metadataMaxAge: 300_000, isolationLevel: 1 });
}
