import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { deleteRelayed, enqueue, enqueueAll, measureOutbox, readOutbox } from '../../domain/events/outbox.ts';
import { startRelay } from '../../domain/events/relay.ts';
import { releaseShardLeases, renewShardLeases } from '../../domain/events/shardLeases.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createKafka, type Kafka, type MessageProducer } from '../../platform/kafka/kafka.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Loop } from '../../platform/loop.ts';
import { collectMessages, type CollectedMessage } from '../support/collectMessages.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { waitFor } from '../support/waitFor.ts';

const LEASE_MS = 1_000;
/** Does not end on a busy machine. */
const LONG_LEASE_MS = 60_000;
const TOPIC = 'user-events';

let database: TestDatabase;
let kafka: Kafka;
let topicPrefix: string;
let collected: ReturnType<typeof collectMessages>;

beforeAll(async () => {
  database = await createTestDatabase();
  topicPrefix = `test-${randomBytes(6).toString('hex')}.`;
  kafka = createKafka(ours());
  await kafka.ensureTopics(ALL_TOPICS);
  collected = collectMessages(kafka, TOPIC);
});
afterAll(async () => {
  await collected.close();
  await database.drop();
});
beforeEach(async () => {
  await database.pool.query('truncate outbox, outbox_relays, outbox_refused');
  await database.pool.query(`update outbox_shards set owner = null, leased_until = '-infinity'`);
});

const ours = () => ({ brokers: [engine('TEST_KAFKA_BROKER')], topicPrefix, clientId: 'test', log: silentLog });
const put = (key: string, n = 0, id = randomUUID(), { topic = TOPIC, padding = '' } = {}) =>
  enqueue(database.pool, {
    id,
    topic,
    key,
    type: 'test',
    payload: { timestamp: '2026-01-01T00:00:00.000Z', n, ...(padding && { padding }) } as { timestamp: string },
  });

/** A relay with its producer. */
function startTestRelay({ metrics = new Registry(), by = kafka, leaseMs = LEASE_MS, log = silentLog } = {}): Loop {
  const producer = by.createProducer();
  const relay = startRelay({
    pool: database.pool,
    producer,
    relay: randomUUID(),
    log,
    metrics,
    leaseMs,
  });
  return {
    wake: () => relay.wake(),
    async stop() {
      await relay.stop();
      await producer.close();
    },
  };
}
const empty = () => waitFor('the outbox to be empty', async () => (await measureOutbox(database.pool)).pending === 0);
const ofKey = (key: string) => collected.messages.filter((message) => message.key === key);
const numberIn = ({ value }: CollectedMessage) => (JSON.parse(String(value)) as { n: number }).n;

test('an event reaches its topic as a CloudEvent under its key, and its row goes', async () => {
  const [key, id] = [randomUUID(), randomUUID()];
  await put(key, 7, id);
  const relay = startTestRelay();
  const message = await waitFor('the message', () => ofKey(key)[0]);
  await empty();
  await relay.stop();

  expect(JSON.parse(String(message.value))).toEqual({ timestamp: '2026-01-01T00:00:00.000Z', n: 7 });
  expect(message.headers).toEqual({
    id,
    ce_id: id,
    ce_specversion: '1.0',
    ce_source: '/movie-mlops/api',
    ce_type: 'test',
    ce_time: '2026-01-01T00:00:00.000Z',
    'content-type': 'application/json',
  });
});

test('the same id again, while the first waits, is one row', async () => {
  const id = randomUUID();
  await put('k', 1, id);
  await put('k', 1, id);
  expect(await measureOutbox(database.pool)).toMatchObject({ pending: 1 });
});

test('more events than one statement takes are put on their way together', async () => {
  const payload = { timestamp: '2026-01-01T00:00:00.000Z' };
  const events = Array.from({ length: 2_500 }, (_, n) => ({ id: randomUUID(), topic: TOPIC, key: `k${n}`, type: 'test', payload }));
  const statements: number[] = [];
  const db = {
    query: (sql: string, values: unknown[]) => {
      statements.push((values[0] as unknown[]).length);
      return database.pool.query(sql, values);
    },
  } as Database;
  await enqueueAll(db, events);
  expect(await measureOutbox(database.pool)).toMatchObject({ pending: 2_500 });
  expect(statements).toEqual([1_000, 1_000, 500]);
});

test('events of one key arrive in the order of their acknowledgement, all of them, while relays come and go', async () => {
  const keys = Array.from({ length: 6 }, () => randomUUID());
  const count = 60;
  const writing = Promise.all(
    keys.map(async (key) => {
      for (let n = 0; n < count; n += 1) await put(key, n);
    }),
  );
  const relays = [startTestRelay(), startTestRelay()];
  for (const relay of relays) {
    await waitFor('messages to flow', () => ofKey(keys[0]!).length > 0);
    await relay.stop();
    relays[relays.indexOf(relay)] = startTestRelay();
  }
  await writing;
  await empty();
  const firstOccurrences = (key: string) => [...new Set(ofKey(key).map(numberIn))];
  await waitFor('every message', () => keys.every((key) => firstOccurrences(key).length === count));
  await Promise.all(relays.map((relay) => relay.stop()));

  const inOrder = Array.from({ length: count }, (_, n) => n);
  for (const key of keys) expect(firstOccurrences(key)).toEqual(inOrder);
});

test('relays share the shards evenly, and what a dead one held goes to the living', async () => {
  const { pool } = database;
  const one = async () => (await renewShardLeases(pool, 'one', LONG_LEASE_MS)).size;
  expect(await one()).toBe(16);
  expect((await renewShardLeases(pool, 'two', LONG_LEASE_MS)).size).toBe(0);
  expect(await one()).toBe(8);
  const two = await renewShardLeases(pool, 'two', LEASE_MS);
  expect(two.size).toBe(8);
  await waitFor('the leases of two to end', async () => (await one()) === 16);
});

test('a relay that lost its lease reads nothing and deletes nothing', async () => {
  const { pool } = database;
  await put('k');
  const late = await renewShardLeases(pool, 'late', LONG_LEASE_MS);
  const rows = await readOutbox(pool, late, 10);
  expect(rows).toHaveLength(1);
  await releaseShardLeases(pool, 'late');
  const present = await renewShardLeases(pool, 'present', LONG_LEASE_MS);

  expect(await deleteRelayed(pool, late, rows)).toBe(0);
  expect(await readOutbox(pool, late, 10)).toEqual([]);
  expect(await measureOutbox(pool)).toMatchObject({ pending: 1 });
  expect(await deleteRelayed(pool, present, rows)).toBe(1);
});

const refused = async () =>
  (await database.pool.query<Record<string, unknown>>('select id, aggregatetype, aggregateid, payload, reason from outbox_refused')).rows;
const refusedTotal = async (metrics: Registry) => (await metrics.getSingleMetric('outbox_refused_total')!.get()).values;

test('an event that Kafka refuses for itself is set aside with the reason, and those after it, of every key, go on in their order', async () => {
  const [one, other, id] = [randomUUID(), randomUUID(), randomUUID()];
  await put(one, 1);
  await put(one, 2, id, { padding: 'x'.repeat(1_500_000) });
  await put(one, 3);
  await put(other, 4);
  const metrics = new Registry();
  const relay = startTestRelay({ metrics });
  await empty();
  await waitFor('the others', () => [...ofKey(one), ...ofKey(other)].length >= 3);
  await relay.stop();

  expect([...new Set(ofKey(one).map(numberIn))]).toEqual([1, 3]);
  expect(ofKey(other).map(numberIn)).toContain(4);
  expect(await refused()).toMatchObject([{ id, aggregatetype: TOPIC, aggregateid: one, payload: { n: 2 }, reason: expect.stringContaining('larger than the max message size') }]); // prettier-ignore
  expect(await refusedTotal(metrics)).toEqual([{ labels: { topic: TOPIC }, value: 1 }]);
});

test('where a topic takes less, one that is too large is found amid many by halving, and is sent again by an operator', async () => {
  const topic = 'movie-recommendations';
  await limitMessages(topic, 10_000);
  const tight = collectMessages(kafka, topic);
  const [key, id] = [randomUUID(), randomUUID()];
  for (let n = 0; n < 40; n += 1) await put(key, n, n === 17 ? id : randomUUID(), { topic, padding: 'x'.repeat(n === 17 ? 20_000 : 900) });
  const numbers = () => [...new Set(tight.messages.filter((message) => message.key === key).map(numberIn))];
  const relay = startTestRelay();
  await waitFor('the others', () => numbers().length === 39);
  await empty();
  expect(numbers()).toEqual(Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 17));
  expect((await refused()).map((row) => row['id'])).toEqual([id]);

  await limitMessages(topic, 100_000);
  await database.pool.query((await statementOfDocs()).replace('<id>', id));
  await waitFor('the one that was refused', () => numbers().includes(17));
  await empty();
  expect(await refused()).toEqual([]);
  await relay.stop();
  await tight.close();
});

test('while no broker answers nothing is set aside, and everything waits', async () => {
  await put('k', 1);
  const nowhere = createKafka({ brokers: ['127.0.0.1:1'], topicPrefix, clientId: 'test', log: silentLog });
  const metrics = new Registry();
  let failures = 0;
  const counted = through(nowhere, (producer) => ({ connect: () => producer.connect().finally(() => (failures += 1)) }));
  const relay = startTestRelay({ metrics, by: counted });
  await waitFor('some tries', () => failures > 3);
  await relay.stop();
  expect(await refused()).toEqual([]);
  expect(await measureOutbox(database.pool)).toMatchObject({ pending: 1 });
});

test.each([
  ['let in', (): Kafka => createKafka({ ...ours(), sasl: { mechanism: 'plain', username: 'app', password: 'wrong' } })],
  ['allowed to write', (): Kafka => through(kafka, () => ({ send: () => Promise.reject(new Error('Not authorized to access topics')) }))],
])('a relay that alone is not %s leaves its shards to another', async (_, keptOut) => {
  const keys = Array.from({ length: 32 }, () => randomUUID());
  await Promise.all(keys.map((key) => put(key)));
  // Far longer than this takes: for shards that are held meanwhile one would wait in vain.
  const leaseMs = 600_000;
  let told = '';
  const log = pino({ level: 'warn' }, { write: (line) => void (told += line) });
  const keptAway = startTestRelay({ by: keptOut(), leaseMs, log });
  await waitFor('it to fail', () => /interrupted/.test(told));
  const relays = [keptAway, startTestRelay({ leaseMs })];
  await empty();
  await Promise.all(relays.map((relay) => relay.stop()));
});

/** Kafka, of whose producers some parts are others. */
const through = (given: Kafka, replace: (producer: MessageProducer) => Partial<MessageProducer>): Kafka => ({
  ...given,
  createProducer() {
    const producer = given.createProducer();
    return { ...producer, ...replace(producer) };
  },
});

async function limitMessages(topic: string, bytes: number): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [engine('TEST_KAFKA_BROKER')], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${topicPrefix}${topic}`, configEntries }],
  });
  await admin.disconnect();
}

/** The statement that docs/sizes.md gives to operators. */
async function statementOfDocs(): Promise<string> {
  const page = await readFile(path.join(PROJECT_ROOT, 'docs', 'sizes.md'), 'utf8');
  return /```sql\n(with again[^`]*)```/.exec(page)![1]!;
}
