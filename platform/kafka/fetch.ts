import protocol from 'kafkajs/src/protocol/requests/index.js';
import { createReader, type Reader } from './reader.ts';
import { failureAt, readRecordBatches, type FetchedRecord } from './records.ts';

interface FetchRequest {
  readonly topics: readonly { topic: string; partitions: readonly { partition: number; fetchOffset: string }[] }[];
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly { producerId: string; firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedRecord[];
}

/** The newest that kafkajs asks for; every broker since 2.3 (2019) answers it. */
const FETCH_VERSION = 11;

/**
 * kafkajs reads gzip alone, checks no checksum, and what it cannot read in one partition ends its consumer with all the others. So what a fetch
 * brings is read here instead: docs/decisions/undecodable-batches.md.
 */
export function readFetchesHere(): void {
  const { Fetch } = protocol.requests;
  const original = Fetch.protocol.bind(Fetch);
  Fetch.protocol = (selected) => {
    if (selected.version !== FETCH_VERSION) throw new Error('this Kafka broker is too old: version 2.3 or later is needed');
    const exchange = original(selected);
    return (request) => {
      const { response, ...rest } = exchange(request);
      return { ...rest, response: { parse: response.parse, decode: (raw) => decodeFetch(raw, request) } };
    };
  };
}

/** https://kafka.apache.org/protocol#The_Messages_Fetch, response version 11. */
async function decodeFetch(raw: Uint8Array, { topics }: FetchRequest) {
  const reader = createReader(raw);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responses = [];
  for (let n = reader.int32(); n > 0; n -= 1) {
    const topicName = reader.text();
    const partitions = [];
    for (let m = reader.int32(); m > 0; m -= 1) partitions.push(await readPartition(reader, offsetsOf(topics, topicName)));
    responses.push({ topicName, partitions });
  }
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

const offsetsOf = (topics: FetchRequest['topics'], name: string) =>
  new Map(
    topics.filter(({ topic }) => topic === name).flatMap(({ partitions }) => partitions.map((p) => [p.partition, p.fetchOffset] as const)),
  );

async function readPartition(reader: Reader, offsets: ReadonlyMap<number, string>): Promise<FetchedPartition> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = String(reader.int64());
  const lastStartOffset = String(reader.int64());
  const abortedTransactions = Array.from({ length: Math.max(0, reader.int32()) }, () => ({
    producerId: String(reader.int64()),
    firstOffset: String(reader.int64()),
  }));
  const preferredReadReplica = reader.int32();
  const bytes = reader.bytes(Math.max(0, reader.int32()));
  const offset = offsets.get(partition) ?? '0';
  const own = OWN_ERRORS[errorCode];
  return {
    partition,
    errorCode: own ? 0 : errorCode,
    highWatermark: String(highWatermark),
    lastStableOffset,
    lastStartOffset,
    abortedTransactions,
    preferredReadReplica,
    messages: own ? [failureAt(offset, own)] : await readRecordBatches(bytes, { offset, highWatermark }),
  };
}

/** Errors of one partition that kafkajs would let all of them suffer for, and that asking elsewhere does not mend. */
const OWN_ERRORS: Readonly<Record<number, string>> = {
  [-1]: 'the broker failed to read it (UNKNOWN_SERVER_ERROR)',
  2: 'it is damaged where the broker keeps it (CORRUPT_MESSAGE)',
};
