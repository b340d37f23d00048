import { beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { ERASURE_TOMBSTONE } from '../../contracts/erasure.ts';
import { exportMessages } from '../../domain/erasure/exportUser.ts';
import { createTopicStore } from '../../domain/erasure/topics.ts';
import { createKafka, type Kafka } from '../../platform/kafka/kafka.ts';
import { silentLog } from '../support/database.ts';
import { engine } from '../support/engines.ts';

const topicPrefix = `${randomBytes(4).toString('hex')}.`;
const HOUR_MS = 3_600_000;
const pass = { isLast: true, signal: new AbortController().signal, onProgress: () => undefined };
const ID = 'shop:Zoë 12';
let kafka: Kafka;

beforeAll(async () => {
  const brokers = [engine('TEST_KAFKA_BROKER')];
  kafka = createKafka({ brokers, topicPrefix, clientId: 'test', log: silentLog });
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  const topic = (name: string, settings: Record<string, string>) => ({
    topic: `${topicPrefix}${name}`,
    numPartitions: 2,
    configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
  });
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      topic('user-events', { 'retention.ms': String(2 * HOUR_MS), 'segment.ms': String(HOUR_MS) }),
      topic('movie-recommendations', { 'cleanup.policy': 'compact' }),
      topic('user-events-dlt', { 'retention.ms': '-1' }),
      ...ASTRAY.map((name) => topic(name, {})),
    ],
  });
  await admin.disconnect();
  await send('user-events', ID, { user_id: ID });
  await send('user-events', null, { user_id: ID });
  await send('user-events', 'shop:Zoë 120', { user_id: 'shop:Zoë 120' });
  await send('movie-recommendations', ID, { user_id: ID });
  await send('user-events-dlt', ID, 'no event');
  for (const name of ASTRAY) await send(name, null, { user_id: ID });
  await send('system-health', 'web', { service_name: 'web', cpu_usage: 12 });
  await send('user-events-dlt', null, { events: [{ user_id: ID }, { user_id: 'other' }] });
  await send('user-events-dlt', null, { userId: ID });
  await sendText('user-events-dlt', `user_id=${ID};`);
});
/** Topics that hold nothing of users, unless a producer errs. */
const ASTRAY = ['system-health', 'system-health-dlt', 'model-drift-alerts', 'model-drift-alerts-dlt'];

const send = (topic: string, key: string | null, value: unknown) => sendText(topic, JSON.stringify(value), key);

async function sendText(topic: string, value: string, key: string | null = null): Promise<void> {
  const producer = kafka.createProducer();
  await producer.send(topic, [{ key, value, headers: {} }]);
  await producer.close();
}

async function messagesOn(topic: string) {
  const ranges = await kafka.browse.ranges(topic);
  const reads = await kafka.browse.read(topic, new Map(ranges.map(({ partition, first }) => [partition, first])), 0);
  return reads.flatMap(({ messages }) => messages);
}

describe('what topics hold of a user', () => {
  const store = () => createTopicStore(kafka);
  const whose = (before = new Date()) => ({ userId: ID, before });

  test('is counted, also what has no key, lies astray or has no known shape, and kept for what each topic says', async () => {
    expect(await kafka.retention('user-events')).toEqual({
      isCompacted: false,
      isDeleted: true,
      retentionMs: 2 * HOUR_MS,
      segmentMs: HOUR_MS,
    });
    const { count, kept } = await store().look(whose(), pass);
    expect(count).toBe(11);
    expect(kept!.reason.split('; ')).toEqual(
      expect.arrayContaining([
        '2 on user-events: it keeps messages for 2 hours, in segments of 1 hours',
        expect.stringMatching(/^4 on user-events-dlt: it keeps messages for ever/),
        '1 on movie-recommendations: a tombstone was sent',
        ...ASTRAY.map((name) => expect.stringMatching(`^1 on ${name}: it keeps messages for`)),
      ]),
    );
    expect(kept!.until).toBeNull(); // one of them for ever
  });

  test('is exported; of what only mentions the user, where it lies', async () => {
    const rows: Record<string, unknown>[] = [];
    for await (const row of exportMessages(kafka, whose(), pass)) rows.push(row);
    const theirs = rows.filter(({ naming }) => naming === 'theirs');
    expect(theirs.map(({ topic }) => topic)).toEqual(expect.arrayContaining([...ASTRAY, 'user-events', 'movie-recommendations']));
    expect(theirs).toHaveLength(8);
    expect(rows.filter(({ naming }) => naming === 'mentioned')).toEqual(
      Array.from({ length: 3 }, () => ({
        ...{ topic: 'user-events-dlt', naming: 'mentioned', partition: expect.any(Number), offset: expect.any(Number) },
        ...{ timestamp: expect.any(String), value_bytes: expect.any(Number) },
      })),
    );
  });

  test('gets a tombstone where the topic is compacted, and nothing elsewhere', async () => {
    expect(await store().erase(whose(), pass)).toBe(1);
    const tombstones = (await messagesOn('movie-recommendations')).filter(({ value }) => value === null);
    expect(tombstones.map(({ key, headers }) => [key?.toString(), headers.map(({ name }) => name)])).toEqual([[ID, [ERASURE_TOMBSTONE]]]);
    expect((await messagesOn('user-events')).filter(({ value }) => value === null)).toEqual([]);
  });

  test('of somebody new, later, is not counted; nor is another user', async () => {
    expect((await store().look(whose(new Date(Date.now() - HOUR_MS)), pass)).count).toBe(0);
    expect((await store().look({ userId: 'shop:Zoë 1', before: new Date() }, pass)).count).toBe(0);
  });
});
