import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { driftRetrainId } from '../../contracts/workflows.ts';
import { locatePython, type Engine } from '../../deploy/local/engines/engine.ts';
import { startKafka } from '../../deploy/local/engines/kafka.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { readConfig } from '../../platform/config.ts';
import { createKafka, type Kafka } from '../../platform/kafka/kafka.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { collectMessages } from '../support/collectMessages.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { ownSet } from '../support/ownSet.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

let folder: string;
let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let kafka: Kafka;
let broker: Engine;
let ingest: TestProcess;
let ports: number[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-ingest-'));
  ports = await freePorts(3);
  [database, temporal, broker] = await Promise.all([createTestDatabase(), createTestTemporal(), startBroker()]);
  api = await startTestApi({ database: { url: database.url, poolSize: 10, external: true } });
  kafka = createKafka({ brokers: [broker.address], topicPrefix: '', clientId: 'test', log: silentLog });
  await kafka.ensureTopics(ALL_TOPICS);
  ingest = await startIngest();
});
afterAll(async () => {
  await ingest?.end();
  await api?.stop();
  await broker?.stop();
  await temporal?.close();
  await database?.drop();
  await rm(folder, { recursive: true });
});

/** A broker of this file's own, since it is taken away and brought back. */
async function startBroker(): Promise<Engine> {
  const [port = 0, controllerPort = 0] = ports;
  const logFile = path.join(folder, 'kafka.log');
  const engine = await startKafka({ dataDir: path.join(folder, 'kafka'), cacheDir: readConfig().cacheDir, port, controllerPort, logFile });
  await engine.ready;
  return engine;
}

const startIngest = () =>
  startProcess('workers/ingest', ports[2]!, {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: broker.address,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WORKER_INGEST_METRICS_PORT: String(ports[2]),
    STALLED_AFTER_MS: '1500',
    DRIFT_DEBOUNCE_MS: '3600000', // nobody runs the workflow here; its signals are counted
  });

const interaction = (over: object = {}) => ({
  event_id: randomUUID(),
  user_id: 'user_1',
  movie_id: 'movie_041',
  interaction_type: 'rating',
  rating: 4.5,
  ...over,
});

async function accept(where: string, json: { event_id: string }): Promise<string> {
  const { status, body } = await api.call<unknown>('POST', `/api/v1/${where}`, { json });
  expect({ status, body }).toEqual({ status: 202, body: { event_id: json.event_id, status: 'accepted' } });
  return json.event_id;
}

async function recorded(eventIds: string[]): Promise<Record<string, unknown>[]> {
  const { rows } = await database.pool.query<Record<string, unknown>>('select * from interactions where event_id = any ($1)', [eventIds]);
  return rows;
}
const allRecorded = (eventIds: string[]) => waitFor('every interaction', async () => (await recorded(eventIds)).length === eventIds.length);

describe('an accepted interaction', () => {
  test('reaches the interactions once, however often it is sent; a time without an offset is UTC', async () => {
    const sent = interaction({ timestamp: '2026-01-02T03:04:05', session_id: 's' });
    await accept('events/user-interaction', sent);
    await allRecorded([sent.event_id]);
    await accept('events/user-interaction', sent);
    const after = interaction();
    await accept('feedback', after);
    await allRecorded([after.event_id]);

    expect(await recorded([sent.event_id])).toMatchObject([
      {
        user_id: 'user_1',
        movie_id: 41,
        interaction_type: 'rating',
        rating: 4.5,
        session_id: 's',
        occurred_at: new Date('2026-01-02T03:04:05Z'),
      },
    ]);
  });

  test.each([
    [{ movie_id: 'Toy Story' }, 'body.movie_id'],
    [{ user_id: 'nul\u0000' }, 'body.user_id'],
    [{ session_id: '\ud800' }, 'body.session_id'],
    [{ timestamp: '0000-01-01T00:00:00Z' }, 'body.timestamp'],
    [{ event_id: '7' }, 'body.event_id'],
    [{ recommendation_id: 'rec-1' }, 'body.recommendation_id'],
  ])('with %j is refused, and the field is named', async (wrong, field) => {
    const { status, body } = await api.call('POST', '/api/v1/events/user-interaction', { json: interaction(wrong) });
    expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
  });
});

test('what a user does is among their online features soon after, in order, each once', async () => {
  const movies = ['11', '12', '13', '14'];
  const sent = movies.map((movie_id) => interaction({ user_id: 'recent', movie_id, interaction_type: 'view', rating: undefined }));
  for (const event of [...sent, sent[0]!]) await accept('events/user-interaction', event);
  const features = await waitFor('the fourth movie', async () => {
    const { body } = await api.call<{ features?: Record<string, string[]> }>('GET', '/api/v1/features/user/recent');
    return body.features?.['movie_ids']?.includes('14') ? body.features : undefined;
  });
  expect(features).toMatchObject({ movie_ids: movies, interaction_types: ['view', 'view', 'view', 'view'], ratings: [0, 0, 0, 0] });
  await waitFor('what trends', async () => {
    const { body } = await api.call<{ features?: Record<string, number> }>('GET', '/api/v1/features/movie/11');
    return body.features?.['trending_hour'] === 1;
  });
});

test('an event is not accepted while Postgres is down: 503, and when to try again', async () => {
  const down = await startTestApi();
  const answers = await Promise.all([
    down.call('POST', '/api/v1/feedback', { json: interaction() }),
    down.call('POST', '/api/v1/trigger/model-drift', { json: alert('neural_cf') }),
  ]);
  await down.stop();
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [503, '2'],
    [503, '2'],
  ]);
});

test('a movie goes by its own name on the topic too; one that nobody has is a dead letter, and the events around it are recorded', async () => {
  await ownSet(database.pool, 'shop');
  const put = await api.call<{ movie_id: string }>('PUT', '/api/v1/movies/shop:SKU-1', { json: { title: 'A mug' } });
  const [known, unknown, other] = ['shop:SKU-1', 'shop:SKU-2', '41'].map((movie_id) =>
    interaction({ movie_id, timestamp: '2026-01-02T00:00:00Z' }),
  );
  const letters = collectMessages(kafka, 'user-events-dlt');
  const producer = kafka.createProducer();
  const message = (event: object) => ({ key: 'named', value: JSON.stringify(event), headers: {}, partition: 0 });
  await producer.send('user-events', [message(known!), message(unknown!), message(other!)]);
  await producer.close();
  await allRecorded([known!.event_id, other!.event_id]);
  expect(await recorded([known!.event_id])).toMatchObject([{ movie_id: Number(put.body.movie_id) }]);
  const letter = await waitFor('the dead letter', () => letters.messages.find(({ key }) => key === 'named'));
  expect(letter.headers['kafka_dlt-exception-message']).toContain('There is no movie shop:SKU-2 in the catalogue');
  expect(await recorded([unknown!.event_id])).toEqual([]);
  await letters.close();
});

test('the answer that an event names is kept with it, known or not, in each form; a malformed one is a dead letter', async () => {
  const id = randomUUID();
  const named = (over: object = {}) => interaction({ recommendation_id: id, timestamp: new Date().toISOString(), ...over });
  const [accepted, plain, cloud, unset, wrong] = [
    named(),
    named(),
    named(),
    named({ recommendation_id: null }),
    named({ recommendation_id: 'rec-1' }),
  ];
  await accept('feedback', accepted);
  const letters = collectMessages(kafka, 'user-events-dlt');
  const producer = kafka.createProducer();
  const attributes = { specversion: '1.0', id: 'R-1', source: '/shop', type: 'movie_mlops.user_interaction', data: cloud };
  const message = (value: object, headers = {}) => ({ key: 'answers', value: JSON.stringify(value), headers, partition: 0 });
  const structured = { 'content-type': 'application/cloudevents+json' };
  await producer.send('user-events', [message(plain), message(attributes, structured), message(wrong), message(unset)]);
  await producer.close();
  const sent = [accepted, plain, cloud, unset].map(({ event_id }) => event_id);
  await allRecorded(sent);
  const kept = new Map((await recorded(sent)).map(({ event_id, recommendation_id }) => [event_id, recommendation_id]));
  expect(sent.map((event) => kept.get(event))).toEqual([id, id, id, null]);
  const letter = await waitFor('the dead letter', () => letters.messages.find(({ key }) => key === 'answers'));
  expect(letter.headers['kafka_dlt-exception-message']).toContain('recommendation_id');
  await letters.close();
});

test('a search, how a service does, and CloudEvents of another producer in both modes are recorded, each once', async () => {
  const { pool } = database;
  const search = { event_id: randomUUID(), user_id: 'searcher', interaction_type: 'search', query: '기생충', session_id: 's' };
  const overload = { event_id: randomUUID(), service_name: 'movie-api', cpu_usage: 95.0, memory_usage: 88.5 };
  for (let n = 0; n < 2; n += 1) {
    await accept('events/user-interaction', search);
    await accept('trigger/system-overload', overload);
  }
  const viewed = { user_id: 'cloud', movie_id: 'movie_041', interaction_type: 'view' };
  const attributes = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'movie_mlops.user_interaction', time: '2026-01-02T00:00:00Z' };
  const binary = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]));
  const structured = { 'content-type': 'application/cloudevents+json' };
  const producer = kafka.createProducer();
  await producer.send('user-events', [
    { key: null, value: JSON.stringify(viewed), headers: binary, partition: 0 },
    { key: null, value: JSON.stringify({ ...attributes, data: viewed }), headers: structured, partition: 1 },
    { key: null, value: JSON.stringify({ ...attributes, id: 'A-2', data: viewed }), headers: structured, partition: 1 },
  ]);
  await producer.close();

  const rowsOf = async (sql: string) => (await pool.query<Record<string, unknown>>(sql)).rows;
  await waitFor(
    'two events of the other producer',
    async () => (await rowsOf("select from interactions where user_id = 'cloud'")).length === 2,
  );
  await waitFor('the search', async () => (await rowsOf("select from searches where user_id = 'searcher'")).length > 0);
  await waitFor('the health', async () => (await rowsOf("select from system_health where service_name = 'movie-api'")).length > 0);
  const after = await accept('events/user-interaction', interaction({ user_id: 'searcher' }));
  await allRecorded([after]);
  expect(await rowsOf("select event_id, query, session_id from searches where user_id = 'searcher'")).toEqual([
    { event_id: search.event_id, query: '기생충', session_id: 's' },
  ]);
  expect(await rowsOf("select cpu_usage, memory_usage, status from system_health where service_name = 'movie-api'")).toEqual([
    { cpu_usage: 95, memory_usage: 88.5, status: null },
  ]);
  expect(await rowsOf("select movie_id, occurred_at from interactions where user_id = 'cloud'")).toEqual(
    [1, 2].map(() => ({ movie_id: 41, occurred_at: new Date('2026-01-02T00:00:00Z') })),
  );
});

test("the guide's Python producer and consumer, in the lines that docs/events.md has of them, on Kafka's own Python client", async () => {
  const page = await readFile(path.join(import.meta.dirname, '..', '..', 'docs', 'events.md'), 'utf8');
  const blocks = [...page.matchAll(/```python\n([^`]+)```/g)].map(([, block]) => block!.replaceAll('localhost:9092', broker.address));
  const [producer = '', consumer = ''] = blocks;
  const python = async (lines: string) => {
    const env = { ...process.env, TZ: 'Asia/Seoul' };
    return (await promisify(execFile)(locatePython(readConfig().cacheDir, 'kafka-python'), ['-c', lines], { env })).stdout;
  };
  const { pool } = database;
  const earlier = Date.now();
  await python(producer.replace("'movie_predictor'", "'ials'"));
  const rows = await waitFor('five interactions', async () => {
    const { rows: found } = await pool.query<Record<string, unknown>>(
      "select user_id, movie_id, interaction_type, rating, session_id, occurred_at from interactions where session_id like 'session\\__' order by 1",
    );
    return found.length === 5 ? found : undefined;
  });
  expect(rows[1]).toMatchObject({ user_id: 'user_002', movie_id: 11, interaction_type: 'click', rating: 4.5, session_id: 'session_2' });
  for (const { occurred_at } of rows) expect((occurred_at as Date).getTime()).toBeGreaterThanOrEqual(earlier);
  await waitFor('the health of the service', async () => {
    const { rows: found } = await pool.query(
      "select from system_health where service_name = 'movie-recommendation-api' and cpu_usage = 85.5",
    );
    return found.length === 1;
  });
  await waitFor('the drift alert', async () => {
    const { rows: found } = await pool.query("select from drift_alerts where alert ->> 'model_version' = '1.0.0'");
    return found.length === 1;
  });

  const printed = await python(consumer.replace('consumer_timeout_ms=10_000', 'consumer_timeout_ms=4_000'));
  const events = printed
    .trim()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as { topic: string; event: Record<string, unknown> }] : []));
  expect(events).toContainEqual({ topic: 'system-health', event: expect.objectContaining({ service_name: 'movie-recommendation-api' }) });
  expect(events.filter(({ event }) => event['session_id'] === 'session_2')).toHaveLength(1);
});

test('what cannot be read lies on the dead-letter topic with the reason, in the same partition, and the rest flows on', async () => {
  const unreadable = async () => {
    const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
    return Number(/^dead_letters_total\{topic="user-events",reason="unreadable",process="worker-ingest"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
  };
  const lettersBefore = await unreadable();
  const [before, after] = [interaction(), interaction()];
  const producer = kafka.createProducer();
  const message = (value: string) => ({ key: 'k', value, headers: { id: 'h' }, partition: 1 });
  const timed = (event: object) => JSON.stringify({ ...event, timestamp: new Date().toISOString() });
  const noJson = '{"event_id":';
  const noUser = timed(interaction({ user_id: undefined }));
  await producer.send('user-events', [message(timed(before)), message(noJson), message(noUser), message(timed(after))]);
  await producer.close();
  await allRecorded([before.event_id, after.event_id]);

  const letters = collectMessages(kafka, 'user-events-dlt');
  const found = () => letters.messages.filter(({ key }) => key === 'k');
  await waitFor('two dead letters', () => found().length === 2);
  await letters.close();
  expect(found().map(({ value }) => String(value))).toEqual([noJson, noUser]);
  const [first, second] = found();
  expect(first).toMatchObject({
    key: 'k',
    partition: 1,
    headers: {
      id: 'h',
      'kafka_dlt-original-topic': 'user-events',
      'kafka_dlt-original-partition': '1',
      'kafka_dlt-original-offset': expect.stringMatching(/^\d+$/),
      'kafka_dlt-original-timestamp': expect.stringMatching(/^\d{13}$/),
      'kafka_dlt-exception-fqcn': 'SyntaxError',
      'kafka_dlt-exception-message': expect.stringContaining('JSON'),
    },
  });
  expect(second!.headers['kafka_dlt-exception-message']).toContain('user_id');
  expect(await unreadable()).toBe(lettersBefore + 2);
});

test('a partition that cannot go on makes ingest unready with the reason, and ready again when it goes on; nothing is set aside', async () => {
  const { pool } = database;
  const ready = async () => {
    const answer = await fetch(`${ingest.url}/health/ready`);
    const { dependencies } = (await answer.json()) as { dependencies: Record<string, { detail: string }> };
    return { status: answer.status, stalls: Object.entries(dependencies).filter(([name]) => /^loop user-events\[\d\]$/.test(name)) };
  };
  await pool.query('alter table interactions rename to interactions_away');
  const event = await accept('events/user-interaction', interaction({ user_id: 'stalled' }));
  const stall = await waitFor('the stall', async () => (await ready()).stalls[0]);
  expect(stall[1].detail).toMatch(/^stands still since 2\d{3}-.*: relation "interactions" does not exist$/);
  expect((await ready()).status).toBe(503);
  await pool.query('alter table interactions_away rename to interactions');
  await allRecorded([event]);
  await waitFor('ingest to be ready', async () => (await ready()).status === 200);
});

test('events are accepted while Kafka is away, and arrive in their order when it is back', async () => {
  broker.kill();
  await broker.ended;
  const sent: string[] = [];
  for (let n = 0; n < 20; n += 1) sent.push(await accept('events/user-interaction', interaction({ user_id: 'waiting' })));
  expect(await recorded(sent)).toEqual([]);
  broker = await startBroker();
  await allRecorded(sent);

  const topic = collectMessages(kafka, 'user-events');
  const ofUser = () => [...new Set(topic.messages.filter(({ key }) => key === 'waiting').map(({ headers }) => headers['id']))];
  await waitFor('the messages', () => ofUser().length === sent.length);
  await topic.close();
  expect(ofUser()).toEqual(sent);
});

/** Ids of the alerts in a workflow's signals. */
async function signalled(model: string): Promise<string[]> {
  const { events } = await temporal.client.workflow.getHandle(driftRetrainId(model)).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const data = signal?.input?.payloads?.[0]?.data;
    return data ? [(JSON.parse(Buffer.from(data).toString()) as { event_id: string }).event_id] : [];
  });
}
const alert = (model_name: string) => ({ event_id: randomUUID(), model_name, drift_score: 0.85, threshold: 0.7 });

test('a drift alert starts the retraining of its model, and neither the same alert again nor one that is over signals anything', async () => {
  const [first, second] = [alert('movie_predictor'), alert('movie_predictor')];
  const resolved = { ...alert('movie_predictor'), drift_score: 0, status: 'resolved' };
  await accept('trigger/model-drift', first);
  await waitFor('the first signal', async () => (await signalled('movie_predictor')).length === 1);
  await accept('trigger/model-drift', first);
  await accept('trigger/model-drift', resolved);
  await accept('trigger/model-drift', second);
  await waitFor('the second alert', async () => (await signalled('movie_predictor')).includes(second.event_id));
  expect(await signalled('movie_predictor')).toEqual([first.event_id, second.event_id]);
});

test('what ingest had taken and not yet recorded when it was killed with -9 comes again', async () => {
  const { pool } = database;
  const blocker = await pool.connect();
  await blocker.query('begin');
  await blocker.query('lock table interactions in access exclusive mode');
  const event = await accept('events/user-interaction', interaction());
  const waiting = await waitFor('ingest to be inside its insert', async () => {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid from pg_locks where relation = 'interactions'::regclass and not granted`,
    );
    return rows[0];
  });
  await ingest.end('SIGKILL');
  await pool.query('select pg_terminate_backend($1)', [waiting.pid]); // else the server ends the insert of its dead client
  await blocker.query('rollback');
  blocker.release();
  expect(await recorded([event])).toEqual([]);
  ingest = await startIngest();
  await allRecorded([event]);
});

test('killed with -9 again and again, ingest loses nothing and records nothing twice', async () => {
  const events: string[] = [];
  const alerts: string[] = [];
  let isSending = true;
  const sending = (async () => {
    for (let n = 0; isSending || n < 100; n += 1) {
      events.push(await accept('events/user-interaction', interaction({ user_id: `user_${n % 7}` })));
      if (n % 25 === 0) alerts.push(await accept('trigger/model-drift', alert('neural_cf')));
    }
  })();
  for (let kill = 0; kill < 3; kill += 1) {
    const seen = events.length + Math.ceil(Math.random() * 40);
    await waitFor('more events', () => events.length >= seen);
    await ingest.end('SIGKILL');
    ingest = await startIngest();
  }
  isSending = false;
  await sending;
  await allRecorded(events);
  await waitFor('every alert', async () => new Set(await signalled('neural_cf')).size === alerts.length);
  expect(new Set(await signalled('neural_cf'))).toEqual(new Set(alerts));
  // What trends is as right as what is recorded: each user once.
  const { rows: counted } = await database.pool.query<{ counted: number; users: number }>(`
    select (select sum(users)::int from trend_counts where movie_id = 41) as counted,
      (select count(distinct user_id)::int from interactions
       where movie_id = 41 and is_choice(interaction_type, rating) and occurred_at > now() - interval '1 day') as users`);
  expect(counted[0]!.counted).toBe(counted[0]!.users);
  // The workflow knows of a signal before the table does.
  await waitFor('no alert that waits', async () => {
    const { rows } = await database.pool.query('select from drift_alerts where signalled_at is null');
    return rows.length === 0;
  });
});
