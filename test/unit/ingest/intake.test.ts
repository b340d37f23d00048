import { beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { ERASURE_TOMBSTONE } from '../../../contracts/erasure.ts';
import { missing } from '../../../contracts/failures.ts';
import type { IncomingMessage, MessageBatch, OutgoingMessage } from '../../../platform/kafka/kafka.ts';
import { RedisUnavailable } from '../../../platform/redis.ts';
import { createDeadLetters } from '../../../workers/ingest/deadLetters.ts';
import { createIntake } from '../../../workers/ingest/intake.ts';

const eventSchema = z.object({ n: z.number() });
type Event = z.infer<typeof eventSchema>;

/** What the topic takes of one request, in bytes of keys, values and headers. */
let topicTakes: number;
let requests: OutgoingMessage[][];
let metrics: Registry;
beforeEach(() => {
  topicTakes = Infinity;
  requests = [];
  metrics = new Registry();
});

const sizeOf = (messages: readonly OutgoingMessage[]) =>
  messages
    .flatMap(({ key, value, headers }) => [key, value, ...Object.entries(headers).flat(2)])
    .reduce((sum, part) => sum + (part === null ? 0 : Buffer.byteLength(part as string)), 0);

const producer = {
  async connect() {},
  async send(_topic: string, messages: readonly OutgoingMessage[]) {
    if (sizeOf(messages) > topicTakes) throw Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
    requests.push([...messages]);
  },
  async close() {},
};

const intakeOf = (record: (events: readonly Event[]) => Promise<unknown>) =>
  createIntake({ schema: eventSchema, record, deadLetters: createDeadLetters({ producer, metrics, log: pino({ level: 'silent' }) }) });

const message = (offset: number, value: string | Buffer | null, over: Partial<IncomingMessage> = {}): IncomingMessage => ({
  key: null,
  value: value === null ? null : Buffer.from(value as string),
  headers: [],
  offset: String(offset),
  timestamp: '1795800000000',
  ...over,
});
const batchOf = (messages: IncomingMessage[], undecodable: MessageBatch['undecodable'] = []): MessageBatch => ({
  topic: 'user-events',
  partition: 1,
  messages,
  undecodable,
});
const events = (...numbers: number[]) => batchOf(numbers.map((n) => message(n, JSON.stringify({ n }))));
const letters = () => requests.flat();
const offsets = () =>
  letters()
    .map(({ headers }) => headers['kafka_dlt-original-offset'])
    .flat();

test('a movie of a name that nobody has is set aside at once, and what came with it is recorded', async () => {
  const recorded: number[] = [];
  const take = intakeOf(async (given) => {
    if (given.some(({ n }) => n === 2)) throw missing('There is no movie shop:2 in the catalogue');
    recorded.push(...given.map(({ n }) => n));
  });
  await take(events(1, 2, 3));
  expect({ recorded, offsets: offsets() }).toEqual({ recorded: [1, 3], offsets: ['2'] });
});

test('a tombstone of an erased user is passed over; any other is no event', async () => {
  const recorded: Event[] = [];
  const tombstone = message(1, null, { headers: [{ name: ERASURE_TOMBSTONE, value: Buffer.from('1') }] });
  await intakeOf(async (some) => void recorded.push(...some))(batchOf([tombstone, message(2, null), message(3, '{"n":3}')]));
  expect([recorded, offsets()]).toEqual([[expect.objectContaining({ n: 3 })], ['2']]);
});

describe('a failure to record', () => {
  const failing = (error: Error, isBad: (n: number) => boolean) => {
    const recorded = new Set<number>();
    let calls = 0;
    const record = async (some: readonly Event[]) => {
      calls += 1;
      if (some.some(({ n }) => isBad(n))) throw error;
      for (const { n } of some) recorded.add(n);
    };
    return { record, recorded, calls: () => calls };
  };
  const hundred = events(...Array.from({ length: 100 }, (_, n) => n));

  test('that the database blames on the data sets aside that message at once, and asks few times to find it', async () => {
    const { record, recorded, calls } = failing(Object.assign(new Error('out of range'), { code: '22003' }), (n) => n === 70);
    await intakeOf(record)(hundred);
    expect(offsets()).toEqual(['70']);
    expect(recorded.size).toBe(99);
    expect(calls()).toBeLessThan(20);
    expect(await metrics.metrics()).toContain('dead_letters_total{topic="user-events",reason="refused"} 1');
  });

  test('that nobody knows is tried again some times; then the message that has it is set aside with the reason, and the rest recorded', async () => {
    const { record, recorded } = failing(Object.assign(new Error('index row\n too large'), { code: 'XX000' }), (n) => n === 7);
    const take = intakeOf(record);
    for (let time = 1; time < 5; time += 1) await expect(take(hundred)).rejects.toThrow('too large');
    expect(requests).toEqual([]);
    await take(hundred);
    expect(letters().map(({ value, headers }) => [String(value), headers['kafka_dlt-exception-message']])).toEqual([
      ['{"n":7}', ['index row too large']],
    ]);
    expect(recorded.size).toBe(99);
    expect(await metrics.metrics()).toContain('dead_letters_total{topic="user-events",reason="failed"} 1');
  });

  test.each([
    ['connection refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['the server going down', Object.assign(new Error('admin'), { code: '57P01' })],
    ['a deadlock', Object.assign(new Error('deadlock'), { code: '40P01' })],
    ['a full disk', Object.assign(new Error('disk'), { code: '53100' })],
    ['a missing table', Object.assign(new Error('relation'), { code: '42P01' })],
    ['no right', Object.assign(new Error('denied'), { code: '42501' })],
    ['Redis away', new RedisUnavailable('away')],
  ])('that is an engine’s never sets anything aside: %s', async (_name, error) => {
    const take = intakeOf(failing(error, () => true).record);
    for (let time = 0; time < 20; time += 1) await expect(take(hundred)).rejects.toBe(error);
    expect(requests).toEqual([]);
  });
});

test('a message with bytes that are no UTF-8 is set aside: each of them would become the same character', async () => {
  const bytes = Buffer.concat([Buffer.from('{"n":1,"x":"'), Buffer.from('fffe', 'hex'), Buffer.from('"}')]);
  const recorded: Event[] = [];
  await intakeOf(async (some) => void recorded.push(...some))(batchOf([message(3, bytes)]));
  expect([recorded, letters().map(({ value }) => value)]).toEqual([[], [bytes]]);
});

describe('a dead letter', () => {
  const one = async (incoming: IncomingMessage) => {
    await intakeOf(async () => undefined)(batchOf([incoming]));
    return letters()[0]!;
  };

  test('has the original’s key, value and headers byte for byte, and repeated headers one by one', async () => {
    const bytes = Buffer.from('ff00fe80', 'hex');
    const headers = [
      { name: 'trace', value: bytes },
      { name: 'x', value: Buffer.from('1') },
      { name: '__proto__', value: Buffer.from('p') },
      { name: 'x', value: Buffer.from('2') },
      { name: 'none', value: null },
    ];
    const letter = await one(message(3, bytes, { key: bytes, headers }));
    expect([letter.key, letter.value]).toEqual([bytes, bytes]);
    expect(Object.entries(letter.headers).slice(0, 4)).toEqual([
      ['trace', [bytes]],
      ['x', [Buffer.from('1'), Buffer.from('2')]],
      ['__proto__', [Buffer.from('p')]],
      ['none', ['']],
    ]);
    expect(letter.headers['kafka_dlt-null-headers']).toEqual(['["none"]']);
  });

  test('says why in one line of bounded length', async () => {
    const letter = await one(message(0, `{"n":"${'\\n\\u2028x'.repeat(5_000)}", "${'y\n'.repeat(10)}`));
    const [reason] = letter.headers['kafka_dlt-exception-message'] as string[];
    expect(reason).toMatch(/^[^\p{Cc}\u2028]{10,1000}$/u);
  });

  test('of a schema’s many complaints is one line too', async () => {
    const [reason] = (await one(message(0, '{}'))).headers['kafka_dlt-exception-message'] as string[];
    expect(reason).toMatch(/^[^\n]*"n"[^\n]*$/);
  });

  test('of a batch that cannot be read names its first and last offset and has its bytes', async () => {
    const bytes = Buffer.from('00ff', 'hex');
    const take = intakeOf(async () => undefined);
    await take(batchOf([message(0, '{"n":1}')], [{ firstOffset: '5', lastOffset: '9', reason: 'its checksum is wrong', bytes }]));
    expect(letters()).toMatchObject([
      {
        value: bytes,
        partition: 1,
        headers: {
          'kafka_dlt-original-topic': ['user-events'],
          'kafka_dlt-original-partition': ['1'],
          'kafka_dlt-original-offset': ['5'],
          'kafka_dlt-original-last-offset': ['9'],
          'kafka_dlt-exception-fqcn': ['UndecodableBatch'],
          'kafka_dlt-exception-message': ['its checksum is wrong'],
        },
      },
    ]);
    expect(await metrics.metrics()).toContain('dead_letters_total{topic="user-events",reason="undecodable"} 1');
  });
});

describe('dead letters are sent in requests that the topic takes', () => {
  const noise = (bytes: number) => Buffer.alloc(bytes, 'x');

  test('many together are below half a megabyte, in their order', async () => {
    await intakeOf(async () => undefined)(batchOf([0, 1, 2, 3, 4].map((offset) => message(offset, noise(200_000)))));
    expect(requests.map((request) => request.length)).toEqual([2, 2, 1]);
    expect(offsets()).toEqual(['0', '1', '2', '3', '4']);
  });

  test('a topic that takes less gets less at once', async () => {
    topicTakes = 100_000;
    await intakeOf(async () => undefined)(batchOf([0, 1, 2, 3, 4].map((offset) => message(offset, noise(60_000)))));
    expect(requests.map((request) => request.length)).toEqual([1, 1, 1, 1, 1]);
    expect(letters().every(({ value }) => value?.length === 60_000)).toBe(true);
  });

  test('one that is too large by itself has the first of its value, and says so and where the rest is', async () => {
    topicTakes = 200_000;
    const headers = [{ name: 'trace', value: Buffer.from('t') }];
    await intakeOf(async () => undefined)(batchOf([message(8, noise(300_000), { key: Buffer.from('k'), headers })]));
    const [letter] = letters();
    expect([String(letter?.key), letter?.value?.length, letter?.headers['trace'], offsets()]).toEqual([
      'k',
      65_536,
      [Buffer.from('t')],
      ['8'],
    ]);
    expect(letter?.headers['kafka_dlt-cut']).toBe('no larger message fits the topic: of the value the first 65536 of 300000 bytes');
  });

  test('one whose key and headers alone are too large goes without them', async () => {
    topicTakes = 10_000;
    const headers = ['large', 'kafka_dlt-x'.repeat(5_000), 'kafka_dlt-cut'].map((name) => ({ name, value: noise(50_000) }));
    await intakeOf(async () => undefined)(batchOf([message(8, noise(9), { key: noise(50_000), headers }), message(9, '{}')]));
    expect(letters().map(({ headers }) => String(headers['kafka_dlt-original-offset']))).toEqual(['8', '9']);
    expect(letters()[0]?.headers).toMatchObject({ 'kafka_dlt-cut': expect.stringContaining('none of its 3 headers') });
  });
});
