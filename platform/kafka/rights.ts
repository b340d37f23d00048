import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import protocol, { type Definition } from 'kafkajs/src/protocol/requests/index.js';
import { createReader, type Reader } from './reader.ts';

/** What we may do with topics and a group; undefined where the broker does not tell. */
export interface Rights {
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
}

/** Of what was asked about, by name: the operations that we may do, a bit each. */
type Operations = Map<string, number>;
const READ = 1 << 3;
const WRITE = 1 << 4;
const NOT_TOLD = -(2 ** 31);

const asking = new AsyncLocalStorage<Operations>();

/** kafkajs's newest versions of these requests do not ask for our rights; those that do are the same but for some fields (KIP-430). */
export function askForRightsHere(): void {
  const { Metadata, DescribeGroups } = protocol.requests;
  extend(Metadata, { newestOfKafkajs: 6, version: 8, flags: [false, true], decode: decodeMetadata });
  extend(DescribeGroups, { newestOfKafkajs: 2, version: 3, flags: [true], decode: decodeGroups });
}

interface Extension {
  readonly newestOfKafkajs: number;
  readonly version: number;
  /** That the newer request ends with: whether it asks for rights */
  readonly flags: readonly boolean[];
  readonly decode: (reader: Reader, operations: Operations) => unknown;
}

function extend(definition: Definition, { newestOfKafkajs, version, flags, decode }: Extension): void {
  const original = definition.protocol.bind(definition);
  definition.versions.push(String(version));
  definition.protocol = (selected) => {
    const exchange = original({ version: Math.min(selected.version, newestOfKafkajs) });
    return (request) => {
      const usual = exchange(request);
      const operations = asking.getStore();
      if (operations === undefined || selected.version < version) return usual;
      const encode = async () => flags.reduce((encoded, flag) => encoded.writeBoolean(flag), await usual.request.encode());
      return {
        ...usual,
        request: { ...usual.request, apiVersion: version, encode },
        response: { parse: usual.response.parse, decode: async (raw) => decode(createReader(raw), operations) },
      };
    };
  };
}

/** https://kafka.apache.org/protocol#The_Messages_Metadata, response version 8. */
function decodeMetadata(reader: Reader, operations: Operations) {
  const { int16, int32, text, isTrue, array } = reader;
  return {
    throttleTime: int32(),
    brokers: array(() => ({ nodeId: int32(), host: text(), port: int32(), rack: text() })),
    clusterId: text(),
    controllerId: int32(),
    topicMetadata: array(() => {
      const metadata = { topicErrorCode: int16(), topic: text(), isInternal: isTrue(), partitionMetadata: array(readPartition) };
      operations.set(metadata.topic, int32());
      return metadata;
    }),
  };

  function readPartition() {
    const known = { partitionErrorCode: int16(), partitionId: int32(), leader: int32(), leaderEpoch: int32() };
    return { ...known, replicas: array(int32), isr: array(int32), offlineReplicas: array(int32) };
  }
}

/** https://kafka.apache.org/protocol#The_Messages_DescribeGroups, response version 3. */
function decodeGroups({ int16, int32, text, bytes, array }: Reader, operations: Operations) {
  const throttleTime = int32();
  const groups = array(() => {
    const group = {
      errorCode: int16(),
      groupId: text(),
      state: text(),
      protocolType: text(),
      protocol: text(),
      members: array(readMember),
    };
    operations.set(group.groupId, int32());
    return group;
  });
  return { throttleTime, groups };

  function readMember() {
    const known = { memberId: text(), clientId: text(), clientHost: text() };
    return { ...known, memberMetadata: bytes(Math.max(0, int32())), memberAssignment: bytes(Math.max(0, int32())) };
  }
}

/**
 * Changes nothing: no message is sent and no group is joined.
 * @returns rights by the names of topics, each of which is there
 * @throws where we may not even look
 */
export async function rightsOfTopics(admin: Admin, topics: string[]): Promise<Map<string, Rights | undefined>> {
  if (topics.length === 0) return new Map();
  const operations: Operations = new Map();
  await asking.run(operations, () => admin.fetchTopicMetadata({ topics }));
  return new Map(topics.map((topic) => [topic, toRights(operations.get(topic))]));
}

/** A broker that nobody has asked about a group yet makes its topic of offsets first, and the group is led by one or another until that is there. */
const NOT_YET = ['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'];
const SETTLES_MS = 10_000;
const ASK_AGAIN_MS = 250;

/** @throws as rightsOfTopics does, and where nobody leads the group in time */
export async function rightsOfGroup(admin: Pick<Admin, 'describeGroups'>, groupId: string): Promise<Rights | undefined> {
  const operations: Operations = new Map();
  for (const endsAt = Date.now() + SETTLES_MS; ; await delay(ASK_AGAIN_MS)) {
    try {
      await asking.run(operations, () => admin.describeGroups([groupId]));
      return toRights(operations.get(groupId));
    } catch (error) {
      if (!isOfGroupsLead(error) || Date.now() > endsAt) throw error;
    }
  }
}

const isOfGroupsLead = (error: unknown): boolean => {
  const { type, cause } = error as { type?: string; cause?: { type?: string } };
  return [type, cause?.type].some((each) => each !== undefined && NOT_YET.includes(each));
};

const toRights = (bits = NOT_TOLD): Rights | undefined =>
  bits === NOT_TOLD ? undefined : { mayRead: (bits & READ) !== 0, mayWrite: (bits & WRITE) !== 0 };
