import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import lz4 from 'lz4-napi';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Registry } from 'prom-client';
import snappy from 'snappyjs';
import { z } from 'zod';
import type { Engine } from '../../deploy/local/engines/engine.ts';
import { startKafka } from '../../deploy/local/engines/kafka.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { readConfig } from '../../platform/config.ts';
import { createKafka, type Kafka, type MessageBatch, type MessageConsumer } from '../../platform/kafka/kafka.ts';
import { createProgress, type Progress } from '../../platform/progress.ts';
import { createDeadLetters } from '../../workers/ingest/deadLetters.ts';
import { createIntake } from '../../workers/ingest/intake.ts';
import { HOSTILE_MESSAGES, RECORDED_BATCHES } from '../hostile/kafkaMessages.ts';
import { collectMessages, type CollectedMessage } from '../support/collectMessages.ts';
import { silentLog } from '../support/database.ts';
import { makeRecord } from '../support/recordBatch.ts';
import { waitFor } from '../support/waitFor.ts';

const { CompressionCodecs, CompressionTypes, Kafka: Client } = kafkajs;
const TOPIC = 'user-events';

let folder: string;
let broker: Engine;
let client: InstanceType<typeof Client>;

/** A broker of this file's own, since what it keeps is damaged here. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-hostile-'));
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const { cacheDir } = readConfig();
  broker = await startKafka({
    dataDir: path.join(folder, 'kafka'),
    cacheDir,
    port,
    controllerPort,
    logFile: path.join(folder, 'kafka.log'),
  });
  await broker.ready;
  client = new Client({ clientId: 'hostile', brokers: [broker.address], logLevel: kafkajs.logLevel.NOTHING });
});
afterAll(async () => {
  await broker?.stop();
  await rm(folder, { recursive: true });
});

type Compression = (records: Buffer) => Buffer;

/** Sends one batch; the codec's name goes into its header whatever `compress` makes of the records. */
async function sendBatch(topic: string, messages: kafkajs.Message[], codec = CompressionTypes.None, compress?: Compression): Promise<void> {
  const codecs = CompressionCodecs as Record<number, () => object>;
  const own = codecs[codec];
  if (compress) codecs[codec] = () => ({ compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer) });
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic, messages, compression: codec });
  } finally {
    await producer.disconnect();
  }
  if (own) codecs[codec] = own;
}

interface Door {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly recorded: unknown[];
  readonly letters: readonly CollectedMessage[];
  readonly followedBy: Progress;
}

const opened: (() => Promise<unknown>)[] = [];
// In the reverse order, so that a consumer goes before what it sends to.
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** Topics of a test's own, what stands before them and reads them as ingest does, and what it set aside. */
async function openDoor(topics: Parameters<Kafka['ensureTopics']>[0] = ALL_TOPICS): Promise<Door & { begin(): void }> {
  const topicPrefix = `${randomBytes(4).toString('hex')}.`;
  const kafka = createKafka({ brokers: [broker.address], topicPrefix, clientId: 'test', log: silentLog });
  await kafka.ensureTopics(topics);
  const followedBy = createProgress();
  const producer = kafka.createProducer({ compression: 'gzip' });
  opened.push(() => producer.close());
  const recorded: unknown[] = [];
  const take = createIntake({
    schema: z.object({ n: z.number() }),
    record: async (events) => recorded.push(...events.map(({ n }) => n)),
    deadLetters: createDeadLetters({ producer, metrics: new Registry(), log: silentLog }),
  });
  const letters = collectMessages(kafka, `${TOPIC}-dlt`);
  opened.push(() => letters.close());
  const door = { kafka, recorded, letters: letters.messages, followedBy };
  return {
    ...door,
    topic: `${topicPrefix}${TOPIC}`,
    deadLetterTopic: `${topicPrefix}${TOPIC}-dlt`,
    begin() {
      const consumer = consume(kafka, take, followedBy);
      opened.push(() => consumer.close());
    },
  };
}

const consume = (kafka: Kafka, onBatch: (batch: MessageBatch) => Promise<void>, followedBy?: Progress): MessageConsumer =>
  kafka.createConsumer({ groupId: randomUUID(), topics: [TOPIC], onBatch, ...(followedBy && { followedBy }) });

const event = (n: number, partition = 0): kafkajs.Message => ({ value: JSON.stringify({ n }), partition });

/** Changes what the broker keeps of the partition, where `marker` stands. */
async function damage(topic: string, marker: string, change: (log: Buffer, at: number) => [position: number, bytes: Buffer]) {
  const file = path.join(folder, 'kafka', 'log', `${topic}-0`, '00000000000000000000.log');
  const log = await readFile(file);
  const at = log.indexOf(marker);
  expect(at).toBeGreaterThan(0);
  const [position, bytes] = change(log, at);
  const handle = await open(file, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, position);
  } finally {
    await handle.close();
  }
}

describe('an event is read in every codec', () => {
  test.each<[string, kafkajs.CompressionTypes, Compression]>([
    ['gzip', CompressionTypes.GZIP, (records) => gzipSync(records)],
    ['snappy', CompressionTypes.Snappy, (records) => Buffer.from(snappy.compress(records))],
    ['lz4', CompressionTypes.LZ4, (records) => lz4.compressFrameSync(records)],
  ])('%s', async (_name, codec, compress) => {
    const door = await openDoor();
    await sendBatch(door.topic, [event(1), event(2)], codec, compress);
    door.begin();
    await waitFor('the events', () => door.recorded.length === 2);
    expect(door.recorded).toEqual([1, 2]);
  });

  test.each(['java zstd', 'librdkafka zstd', 'kafka-python zstd', 'java snappy', 'java lz4'])(
    'as another client wrote it: %s',
    async (name) => {
      const door = await openDoor();
      const recorded = Buffer.from(RECORDED_BATCHES[name] ?? '', 'base64');
      const codec = recorded.readUInt8(22) & 7;
      await sendBatch(door.topic, [event(0), event(0), event(0)], codec, () => recorded.subarray(61));
      door.begin();
      await waitFor('the third, which is no event', () => door.letters.length === 1);
      expect([door.recorded, door.letters[0]?.key]).toEqual([[0, 1], 'key-2']);
    },
  );
});

describe('a batch that cannot be read is set aside, and all else goes on', () => {
  test('damaged where the broker keeps it, between two good ones', async () => {
    const door = await openDoor();
    for (const n of [1, 2, 3]) await sendBatch(door.topic, [event(n), { value: `{"n":"victim ${n}"}`, partition: 0 }]);
    await damage(door.topic, 'victim 2', (log, at) => [at, Buffer.from([log.readUInt8(at) ^ 1])]);
    await sendBatch(door.topic, [event(4, 1)]);
    door.begin();
    await waitFor('the good events', () => door.recorded.length === 3);
    await waitFor('the letters', () => door.letters.length === 3);
    expect(new Set(door.recorded)).toEqual(new Set([1, 3, 4]));
    const aside = door.letters.find(({ headers }) => headers['kafka_dlt-exception-fqcn'] === 'UndecodableBatch');
    expect(aside?.partition).toBe(0);
    expect(aside?.headers).toMatchObject({
      'kafka_dlt-original-topic': TOPIC,
      'kafka_dlt-original-partition': '0',
      'kafka_dlt-original-offset': '2',
      'kafka_dlt-original-last-offset': '3',
      'kafka_dlt-exception-message': 'its checksum is wrong',
    });
    expect(String(aside?.value)).toContain('{"n":2}');
    await sendBatch(door.topic, [event(5)]);
    await waitFor('an event behind', () => door.recorded.includes(5));
  });

  test('that opens to 80 MB', async () => {
    const door = await openDoor();
    const bomb = gzipSync(makeRecord({ value: Buffer.alloc(80e6) }));
    await sendBatch(door.topic, [event(1)]);
    await sendBatch(door.topic, [event(2)], CompressionTypes.GZIP, () => bomb);
    await sendBatch(door.topic, [event(3)]);
    door.begin();
    await waitFor('the events and the letter', () => door.recorded.length === 2 && door.letters.length === 1);
    expect(door.recorded).toEqual([1, 3]);
    expect(door.letters[0]?.headers).toMatchObject({ 'kafka_dlt-original-offset': '1', 'kafka_dlt-original-last-offset': '1' });
  });

  test('where the broker itself cannot find its end: that partition is told to stand still, and the others go on', async () => {
    const door = await openDoor();
    await sendBatch(door.topic, [{ value: '{"n":"victim"}', partition: 0 }]);
    await damage(door.topic, 'victim', () => [8, Buffer.from([0, 0, 0, 5])]); // its length
    door.begin();
    await sendBatch(door.topic, [event(1, 1)]);
    await waitFor('the event', () => door.recorded.length === 1);
    const [stall] = await waitFor('the stall', () => door.followedBy.stalled(0).filter(({ name }) => name === `${TOPIC}[0]`));
    expect(stall?.reason).toMatch(/CORRUPT_MESSAGE|bytes long/);
    await sendBatch(door.topic, [event(2, 1)]);
    await waitFor('an event after it', () => door.recorded.length === 2);
    // A partition is in the middle of a turn for a moment after it has recorded.
    const standing = () => door.followedBy.stalled(0).map(({ name }) => name);
    await waitFor('it alone to stand still', () => standing().join() === `${TOPIC}[0]`);
  });
});

test('messages that are no event lie on the dead-letter topic byte for byte, in their order, and an event among them is taken', async () => {
  const door = await openDoor();
  const messages = HOSTILE_MESSAGES.map(({ value, key }) => ({ value, partition: 0, ...(key && { key }) }));
  for (const message of messages) await sendBatch(door.topic, [message]);
  await sendBatch(door.topic, [event(1)]);
  door.begin();
  await waitFor('the letters', () => door.letters.length === messages.length);
  expect(door.letters.map(({ raw }) => [raw.key, raw.value])).toEqual(messages.map(({ key, value }) => [key ?? null, value]));
  expect(door.letters.map(({ headers }) => headers['kafka_dlt-exception-message']?.split('\n').length)).toEqual(messages.map(() => 1));
  await waitFor('the event', () => door.recorded.length === 1);
});

test('headers that are no text, have no name or come twice reach the dead-letter topic byte for byte', async () => {
  const door = await openDoor();
  const trace = Buffer.from('fffe0001', 'hex');
  const key = Buffer.from('ff006b6579', 'hex');
  const headers = { trace, x: ['1', '2'], '': 'empty name' };
  await sendBatch(door.topic, [{ key, value: '{bad', headers, partition: 0 }]);
  door.begin();
  const letter = await waitFor('the letter', () => door.letters[0]);
  expect(letter.raw.key).toEqual(key);
  expect(letter.raw.headers.slice(0, 4)).toEqual([
    { name: 'trace', value: trace },
    { name: 'x', value: Buffer.from('1') },
    { name: 'x', value: Buffer.from('2') },
    { name: '', value: Buffer.from('empty name') },
  ]);
});

describe('dead letters get through, however large', () => {
  const large = Buffer.alloc(400_000, 'x');
  const noise = randomBytes(1_048_000);
  const withoutBounds = ALL_TOPICS.map(({ name, partitions }) => ({ name, partitions }));
  const aside = async (door: Awaited<ReturnType<typeof openDoor>>, count: number) => {
    await sendBatch(door.topic, [event(1)]);
    door.begin();
    await waitFor('the letters and the event behind', () => door.letters.length === count && door.recorded.length === 1);
  };

  test('five of 400 kB in one small batch', async () => {
    const door = await openDoor();
    const five = Array.from({ length: 5 }, () => ({ value: large, partition: 0 }));
    await sendBatch(door.topic, five, CompressionTypes.GZIP, (records) => gzipSync(records));
    await aside(door, 5);
    expect(door.letters.every(({ raw }) => raw.value?.equals(large))).toBe(true);
  });

  test('one as large as the broker takes, which no compression makes smaller', async () => {
    const door = await openDoor();
    await sendBatch(door.topic, [{ value: noise, partition: 0 }]);
    await aside(door, 1);
    expect(door.letters[0]?.raw.value?.equals(noise)).toBe(true);
  });

  test('the same, on a dead-letter topic that somebody else made: it is cut, and says so', async () => {
    const door = await openDoor(withoutBounds);
    await sendBatch(door.topic, [{ value: noise, partition: 0 }]);
    await aside(door, 1);
    expect(door.letters[0]?.raw.value?.equals(noise.subarray(0, 65_536))).toBe(true);
    expect(door.letters[0]?.headers).toMatchObject({
      'kafka_dlt-original-offset': '0',
      'kafka_dlt-cut': 'no larger message fits the topic: of the value the first 65536 of 1048000 bytes',
    });
  });

  test('from a partition that the dead-letter topic does not have', async () => {
    const door = await openDoor([
      { name: TOPIC, partitions: 3 },
      { name: `${TOPIC}-dlt`, partitions: 1 },
    ]);
    await sendBatch(door.topic, [{ value: '{bad', partition: 2 }]);
    await aside(door, 1);
    expect(door.letters[0]?.headers).toMatchObject({ 'kafka_dlt-original-partition': '2' });
  });
});

test('a transaction that was given up is passed over, and one that was not is taken', async () => {
  const door = await openDoor();
  const producer = client.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const n of [1, 2, 3]) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: door.topic, messages: [event(n)] });
    await (n === 2 ? transaction.abort() : transaction.commit());
  }
  await producer.disconnect();
  await sendBatch(door.topic, [event(4)]);
  door.begin();
  await waitFor('the events', () => door.recorded.length === 3);
  expect(door.recorded).toEqual([1, 3, 4]);
});

test('a batch that takes longer than a session is taken once', async () => {
  const door = await openDoor();
  await sendBatch(door.topic, [event(1)]);
  const taken: number[] = [];
  const longer = new Promise((resolve) => setTimeout(resolve, 9_000));
  const consumer = consume(door.kafka, async ({ messages }) => {
    taken.push(messages.length);
    await longer;
  });
  opened.push(() => consumer.close());
  await waitFor('the batch to begin', () => taken.length === 1);
  await longer;
  await sendBatch(door.topic, [event(2), event(3)]);
  await waitFor('the next batch', () => taken.length === 2);
  expect(taken).toEqual([1, 2]);
});
