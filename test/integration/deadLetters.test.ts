import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { REPLAY_OF, type DeadLetter, type LetterOutcome } from '../../contracts/deadLetters.ts';
import { userEventSchema } from '../../contracts/events.ts';
import type { GroupRow, TopicMessage, TopicRow } from '../../contracts/topics.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { recordUserEvents } from '../../domain/events/userEvents.ts';
import { createKafka, type Kafka, type MessageConsumer, type OutgoingMessage } from '../../platform/kafka/kafka.ts';
import { createDeadLetters } from '../../workers/ingest/deadLetters.ts';
import { createIntake } from '../../workers/ingest/intake.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { collectMessages } from '../support/collectMessages.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { waitFor } from '../support/waitFor.ts';

const topicPrefix = `${randomBytes(4).toString('hex')}.`;
const GROUP = 'ingest';

let database: TestDatabase;
let api: TestApi;
let kafka: Kafka;
let consumer: MessageConsumer;

/** Takes events as worker-ingest does. */
function startIngest(): MessageConsumer {
  const producer = kafka.createProducer({ compression: 'gzip' });
  const take = createIntake({
    schema: userEventSchema,
    record: (events) => recordUserEvents(database.pool, events),
    deadLetters: createDeadLetters({ producer, metrics: new Registry(), log: silentLog }),
  });
  const started = kafka.createConsumer({ groupId: GROUP, topics: ['user-events'], onBatch: take });
  return { close: () => started.close().then(() => producer.close()) };
}

beforeAll(async () => {
  database = await createTestDatabase();
  const brokers = [engine('TEST_KAFKA_BROKER')];
  kafka = createKafka({ brokers, topicPrefix, clientId: 'test', log: silentLog });
  await kafka.ensureTopics(ALL_TOPICS);
  api = await startTestApi({
    database: { url: database.url, poolSize: 6, external: true },
    kafka: { brokers, ssl: undefined, sasl: undefined, topicPrefix, external: true },
    access: {
      host: '127.0.0.1',
      credentials: [
        { name: 'eve', role: 'user', secret: 'eve' },
        { name: 'olga', role: 'operator', secret: 'olga' },
      ],
      allowedHosts: [],
      allowedOrigins: [],
    },
  });
  consumer = startIngest();
});
afterAll(async () => {
  await consumer?.close();
  await api?.stop();
  await database?.drop();
});

async function call<T>(method: string, path: string, json?: unknown, key = 'olga'): Promise<T> {
  const { status, body } = await api.call<T>(method, `/api/v1/events/${path}`, { json, headers: { 'x-api-key': key } });
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
const list = (query = '') => call<{ dead_letters: DeadLetter[]; next: string | null }>('GET', `dead-letters?topic=user-events${query}`);
const settle = async (how: 'replay' | 'drop', ...ids: string[]) =>
  (await call<{ dead_letters: LetterOutcome[] }>('POST', `dead-letters/${how}`, { ids })).dead_letters;
const outcomes = async (...args: Parameters<typeof settle>) => (await settle(...args)).map(({ outcome }) => outcome);

async function send(topic: string, ...messages: Partial<OutgoingMessage>[]): Promise<void> {
  const producer = kafka.createProducer();
  await producer.send(
    topic,
    messages.map((message) => ({ key: null, value: null, headers: {}, partition: 0, ...message })),
  );
  await producer.close();
}
/** The dead letter of a key, when it is there. */
const letterOf = (key: string) =>
  waitFor(`the dead letter of ${key}`, async () => (await list('&state=all&limit=1000')).dead_letters.find((letter) => letter.key === key));
const recordedOf = async (user: string) =>
  (
    await database.pool.query<{ event_id: string; occurred_at: Date }>(
      'select event_id, occurred_at from interactions where user_id = $1',
      [user],
    )
  ).rows;

describe('a dead letter', () => {
  test('says why and where it was; sent again when the reason is gone it is taken, once, as the event it was, and is marked', async () => {
    const key = `replay ${randomUUID()}`;
    const event = {
      user_id: key,
      movie_id: 'shop:SKU-9',
      interaction_type: 'view',
      timestamp: new Date().toISOString().replace('Z', '000'),
    };
    await send('user-events', { key, value: JSON.stringify(event), headers: { trace: ['a', 'b'] } });
    const letter = await letterOf(key);
    expect(letter).toMatchObject({
      id: expect.stringMatching(/^user-events-dlt:0:\d+$/),
      because: 'refused',
      error: 'Failure: There is no movie shop:SKU-9 in the catalogue',
      origin: { topic: 'user-events', partition: 0, offset: expect.any(Number), timestamp: expect.any(String) },
      value: JSON.stringify(event),
      is_cut: false,
      state: 'waiting',
      decided_by: null,
    });
    await database.pool.query(
      `insert into movies (movie_id, title, source) values (909, 'A cap', 'shop');
       insert into movie_external_ids (movie_id, source, external_id) values (909, 'shop', 'SKU-9')`,
    );
    expect(await outcomes('replay', letter.id)).toEqual(['replayed']);
    const recorded = await waitFor('the event', async () => (await recordedOf(key))[0]);
    expect(recorded.occurred_at.toISOString()).toBe(letter.origin!.timestamp);
    expect(await outcomes('replay', letter.id)).toEqual(['already_replayed']);
    expect(await outcomes('drop', letter.id)).toEqual(['already_replayed']);
    expect(await call<DeadLetter>('GET', `dead-letters/${letter.id}`)).toMatchObject({ state: 'replayed', decided_by: 'olga' });
    expect((await list()).dead_letters.map(({ id }) => id)).not.toContain(letter.id);
    expect((await list('&state=replayed')).dead_letters.map(({ id }) => id)).toContain(letter.id);

    // As after a death between sending and marking.
    await database.pool.query('delete from dead_letter_marks');
    expect(await outcomes('replay', letter.id)).toEqual(['replayed']);
    await send('user-events', { key: `behind ${key}`, value: '{' });
    await letterOf(`behind ${key}`);
    expect(await recordedOf(key)).toEqual([recorded]);
  });

  test('is sent again byte for byte, with its key and its headers and one that says where it was', async () => {
    const key = Buffer.from('ff006b6579', 'hex');
    const [value, trace] = [Buffer.from('fe7b6261', 'hex'), Buffer.from('fffe0001', 'hex')];
    const headers = { trace, x: ['1', '2'], '': 'empty name', 'kafka_dlt-original-topic': 'not ours' };
    const topic = collectMessages(kafka, 'user-events');
    const own = () => topic.messages.filter(({ raw }) => raw.value?.equals(value));
    await send('user-events', { key, value, headers, partition: 1 });
    const letter = await waitFor('the letter', async () =>
      (await list()).dead_letters.find((each) => (each.value as { base64: string }).base64 === value.toString('base64')),
    );
    expect(letter).toMatchObject({ key: { base64: key.toString('base64') }, origin: { topic: 'user-events', partition: 1 } });
    expect(await outcomes('replay', letter.id)).toEqual(['replayed']);
    await waitFor('the message', () => own().length === 2);
    await topic.close();
    const [first, second] = own();
    expect(second).toMatchObject({ partition: 1, raw: { key, value } });
    const { offset, timestamp } = first!.raw;
    expect(second!.raw.headers).toEqual([
      ...first!.raw.headers,
      { name: REPLAY_OF, value: Buffer.from(`user-events/1/${offset}/${timestamp}`) },
    ]);
    // Refused again it is another letter, of the same origin.
    const again = await waitFor('the second letter', async () =>
      (await list()).dead_letters.find((each) => (each.value as { base64: string }).base64 === value.toString('base64')),
    );
    expect(again.id).not.toBe(letter.id);
    expect(again.headers.filter(({ name }) => name === REPLAY_OF)).toEqual([
      { name: REPLAY_OF, value: `user-events/1/${offset}/${timestamp}` },
    ]);
  });

  test('that ten replay at once is sent once', async () => {
    const key = `at once ${randomUUID()}`;
    await send('user-events', { key, value: '{bad' });
    const { id } = await letterOf(key);
    const all = (await Promise.all(Array.from({ length: 10 }, () => outcomes('replay', id)))).flat();
    expect(all.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'already_replayed'), 'replayed']);
    const sent = await call<{ messages: TopicMessage[] }>(
      'GET',
      `topics/user-events/messages?filter=${encodeURIComponent('{bad')}&limit=1000`,
    );
    expect(sent.messages.filter((message) => message.key === key)).toHaveLength(2);
  });

  test('that was dropped waits no longer, and may be replayed all the same', async () => {
    const key = `drop ${randomUUID()}`;
    await send('user-events', { key, value: '{bad' });
    const { id } = await letterOf(key);
    expect(await outcomes('drop', id)).toEqual(['dropped']);
    expect(await outcomes('drop', id)).toEqual(['already_dropped']);
    expect((await list('&state=dropped')).dead_letters).toMatchObject([{ id, decided_by: 'olga' }]);
    expect((await list()).dead_letters.map((letter) => letter.id)).not.toContain(id);
    expect(await outcomes('replay', id)).toEqual(['replayed']);
  });

  test('that holds a part of its message is sent from where the message was; refused where that is gone', async () => {
    const key = `cut ${randomUUID()}`;
    const event = { event_id: randomUUID(), user_id: key, movie_id: 1, interaction_type: 'view', timestamp: '2026-01-02T00:00:00Z' };
    await send('user-events', { key, value: JSON.stringify(event) });
    await waitFor('the event', async () => (await recordedOf(key)).length === 1);
    const { messages } = await call<{ messages: TopicMessage[] }>(
      'GET',
      `topics/user-events/messages?filter=${encodeURIComponent(`user_id=${key}`)}`,
    );
    await database.pool.query('delete from interactions where user_id = $1', [key]);
    const headersOf = (offset: number) => ({
      'kafka_dlt-original-topic': 'user-events',
      'kafka_dlt-original-partition': '0',
      'kafka_dlt-original-offset': String(offset),
      'kafka_dlt-original-timestamp': String(Date.parse(messages[0]!.timestamp!)),
      'kafka_dlt-cut': 'no larger message fits the topic',
    });
    await send(
      'user-events-dlt',
      { key, value: '{"ev', headers: headersOf(messages[0]!.offset) },
      { key: `gone ${key}`, value: '{"ev', headers: headersOf(10_000_000) },
    );
    const [letter, gone] = [await letterOf(key), await letterOf(`gone ${key}`)];
    expect(letter.is_cut).toBe(true);
    expect(await settle('replay', gone.id, letter.id)).toEqual([
      { id: gone.id, outcome: 'refused', detail: 'the letter holds a part of the message, and the message is gone from its topic' },
      { id: letter.id, outcome: 'replayed' },
    ]);
    await waitFor('the event again', async () => (await recordedOf(key)).length === 1);
    expect((await list()).dead_letters.map(({ id }) => id)).toContain(gone.id);
  });

  test('that is a batch nobody can read stays, and says so; one that is not there is told among the others', async () => {
    const key = `batch ${randomUUID()}`;
    await send('user-events-dlt', {
      key,
      value: 'bytes',
      headers: { 'kafka_dlt-original-offset': '3', 'kafka_dlt-original-last-offset': '4' },
    });
    const { id, origin } = await letterOf(key);
    expect(origin).toBeNull();
    expect(await settle('replay', 'user-events-dlt:0:99999999', id, 'user-events-dlt:77:0')).toEqual([
      { id: 'user-events-dlt:0:99999999', outcome: 'missing', detail: 'There is no dead letter user-events-dlt:0:99999999' },
      { id, outcome: 'refused', detail: 'it is a batch that nobody can read, not a message' },
      { id: 'user-events-dlt:77:0', outcome: 'missing', detail: 'There is no dead letter user-events-dlt:77:0' },
    ]);
  });

  test('is none on a topic that is no dead-letter topic', async () => {
    expect(await outcomes('replay', 'user-events:0:0', 'nothing-dlt:0:0')).toEqual(['missing', 'missing']);
  });

  test('pages go on where the one before ended', async () => {
    await send('system-health-dlt', ...Array.from({ length: 25 }, (_, n) => ({ key: `page ${n}`, value: 'x', partition: n % 2 })));
    const keys: unknown[] = [];
    for (let after: string | null = ''; after !== null;) {
      const query: string = `dead-letters?topic=system-health&limit=10${after && `&after=${after}`}`;
      const page: Awaited<ReturnType<typeof list>> = await call('GET', query);
      expect(page.dead_letters.length).toBeLessThanOrEqual(10);
      keys.push(...page.dead_letters.map(({ key }) => key));
      after = page.next;
    }
    expect(keys.toSorted()).toEqual(Array.from({ length: 25 }, (_, n) => `page ${n}`).toSorted());
    for (const parity of [0, 1]) {
      const own = keys.map((key) => Number(String(key).slice(5))).filter((n) => n % 2 === parity);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
  });
});

describe('topics', () => {
  test('are listed by our names with what lies on them, and groups with what they have yet to take', async () => {
    const { topics } = await call<{ topics: TopicRow[] }>('GET', 'topics', undefined, 'eve');
    expect(topics.map(({ topic, partitions }) => [topic, partitions.length])).toEqual(
      ALL_TOPICS.map(({ name, partitions }) => [name, partitions]).toSorted(),
    );
    await waitFor('the group to have taken all', async () => {
      const { groups } = await call<{ groups: GroupRow[] }>('GET', 'groups', undefined, 'eve');
      const group = groups.find((each) => each.group === GROUP);
      return group?.state === 'Stable' && group.members === 1 && group.lag === 0 && group.topics[0]?.topic === 'user-events';
    });
    await consumer.close();
    await send('user-events', { value: '{bad' }, { value: '{bad', partition: 2 });
    const { groups } = await call<{ groups: GroupRow[] }>('GET', 'groups', undefined, 'eve');
    expect(groups.find((each) => each.group === GROUP)).toMatchObject({ members: 0, lag: 2, topics: [{ topic: 'user-events', lag: 2 }] });
    consumer = startIngest();
  });

  test('a message that is produced is shown to whoever waits for it', async () => {
    const from = await call<{ next: string }>('GET', 'topics/movie-recommendations/messages?from=latest');
    const waiting = call<{ messages: TopicMessage[]; is_at_end: boolean }>(
      'GET',
      `topics/movie-recommendations/messages?after=${from.next}&wait_ms=2000`,
    );
    const produced = await call('POST', 'topics/movie-recommendations/messages', {
      key: 'k',
      value: '기생충',
      headers: { ce_type: 'test' },
    });
    expect(produced).toEqual({ topic: 'movie-recommendations', status: 'sent' });
    expect(await waiting).toMatchObject({
      messages: [{ key: 'k', value: '기생충', value_bytes: 9, headers: [{ name: 'ce_type', value: 'test' }] }],
      is_at_end: true,
    });
  });

  test('one is read by its place with all of its value, also what a list cuts; one that is not there is missing', async () => {
    const value = JSON.stringify({ long: 'x'.repeat(10_000) });
    await send('movie-recommendations', { key: 'long', value, headers: { ce_type: 'test' } });
    const { messages } = await call<{ messages: TopicMessage[] }>('GET', 'topics/movie-recommendations/messages?filter=xxxx&limit=1000');
    const listed = messages.find(({ key }) => key === 'long')!;
    expect((listed.value as string).length).toBeLessThan(value.length);
    const path = 'topics/movie-recommendations/messages';
    expect(await call('GET', `${path}/${listed.partition}/${listed.offset}`)).toEqual({ ...listed, value });
    for (const place of ['0/999999999', '77/0'])
      expect((await api.call('GET', `/api/v1/events/${path}/${place}`, { headers: { 'x-api-key': 'olga' } })).status).toBe(404);
  });

  test('are read from a time on, and a page later from where that one ended', async () => {
    const keys = async (query: string) => {
      const page = await call<{ messages: TopicMessage[]; next: string }>('GET', `topics/system-health/messages?${query}`);
      return { keys: page.messages.map(({ key }) => key), next: page.next };
    };
    const written = async (key: string) => {
      const { messages } = await call<{ messages: TopicMessage[] }>('GET', 'topics/system-health/messages?limit=1000');
      return Date.parse(messages.find((message) => message.key === key)?.timestamp ?? '');
    };
    await send('system-health', { key: 'before', value: '{}' });
    const before = await written('before');
    await waitFor('the next millisecond', () => Date.now() > before);
    await send('system-health', { key: 'then', value: '{}' });
    const since = new Date(before + 1).toISOString();
    const first = await keys(`since=${since}`);
    expect(first.keys).toEqual(['then']);
    expect((await keys(`since=${since}&after=${first.next}`)).keys).toEqual([]);
    expect((await keys('since=2100-01-01T00:00:00Z')).keys).toEqual([]);
    expect((await keys('from=earliest&limit=1000')).keys.slice(-2)).toEqual(['before', 'then']);
  });

  test('are looked through by text and by a field of their JSON', async () => {
    await send(
      'movie-recommendations',
      ...[{ user_id: 'anna', n: 1 }, { user_id: 'bert', n: 1 }, { model: { name: 'ease' } }].map((value) => ({
        value: JSON.stringify(value),
      })),
      { value: 'anna' },
      { key: 'anna' },
    );
    const found = async (filter: string) => {
      const query = `limit=1000&filter=${encodeURIComponent(filter)}`;
      const { messages } = await call<{ messages: TopicMessage[] }>('GET', `topics/movie-recommendations/messages?${query}`);
      return messages.map(({ value }) => value);
    };
    expect(await found('user_id=anna')).toEqual(['{"user_id":"anna","n":1}']);
    expect(await found('n=1')).toHaveLength(2);
    expect(await found('model.name=ease')).toEqual(['{"model":{"name":"ease"}}']);
    expect(await found('anna')).toEqual(['{"user_id":"anna","n":1}', 'anna', null]);
    expect(await found('nobody')).toEqual([]);
  });

  test('that are not there are missing, and are not made by asking', async () => {
    for (const [method, json] of [['GET'], ['POST', { value: 'x' }]] as const) {
      const answer = await api.call(method, '/api/v1/events/topics/nothing/messages', { json, headers: { 'x-api-key': 'olga' } });
      expect([answer.status, answer.body.detail]).toEqual([404, 'There is no topic nothing']);
    }
    expect((await kafka.browse.topics()).map(({ name }) => name)).not.toContain('nothing');
  });
});

test('whoever may only tell what users did reads no messages, sends none, and settles no dead letter', async () => {
  const alert = { model_name: 'ease', drift_score: 1, threshold: 0.5, event_id: randomUUID(), timestamp: '2026-01-02T00:00:00Z' };
  const forged: [string, string, unknown?][] = [
    ['POST', 'topics/model-drift-alerts/messages', { value: JSON.stringify(alert) }],
    ['GET', 'topics/user-events/messages'],
    ['GET', 'topics/user-events/messages/0/0'],
    ['GET', 'dead-letters?topic=user-events'],
    ['POST', 'dead-letters/replay', { ids: ['user-events-dlt:0:0'] }],
    ['POST', 'dead-letters/drop', { ids: ['user-events-dlt:0:0'] }],
  ];
  for (const [method, path, json] of forged) {
    const { status } = await api.call(method, `/api/v1/events/${path}`, { json, headers: { 'x-api-key': 'eve' } });
    expect([path, status]).toEqual([path, 403]);
  }
});

test('while Kafka is away topics and dead letters are 503, and events are taken', async () => {
  const away = await startTestApi({ database: { url: database.url, poolSize: 2, external: true } });
  const event = { user_id: 'anna', movie_id: 1, interaction_type: 'view' };
  const asked = [
    await away.call('GET', '/api/v1/events/topics'),
    await away.call('GET', '/api/v1/events/dead-letters?topic=user-events'),
    await away.call('POST', '/api/v1/events/user-interaction', { json: event }),
  ];
  await away.stop();
  expect(asked.map(({ status }) => status)).toEqual([503, 503, 202]);
});
