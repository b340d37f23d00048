import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ErasureReceipt, ErasureReplayResult } from '../../contracts/erasure.ts';
import type { ModelVersion, ModelVersionDetail, RegisteredModelDetail } from '../../contracts/registry.ts';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import { runId, TASK_QUEUES, type WorkflowName } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { writeWatchLog } from '../../domain/catalogue/watchLog.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { applyDefinitions } from '../../domain/features/registry/apply.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { createKafka, type Kafka } from '../../platform/kafka/kafka.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { holdRows } from '../support/holdRows.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { whereabouts, type Places } from '../support/whereabouts.ts';

/** A part of the id that stands as it is in every form that the id is written in. The last of all, so that a shard ends with them. */
const TOKEN = 'Zoë 12 (x)';
const OWN = `${TOKEN} "q"`;
const ID = `shop:${OWN}`;
const OTHER = 'shop:User 3';
const USERS = 30;
const topicPrefix = `${randomBytes(4).toString('hex')}.`;
const IALS = { kind: 'ials', epochs: 2, embedding_dim: 4 };
const brokers = [engine('TEST_KAFKA_BROKER')];

let folder: string;
let database: TestDatabase;
let temporal: TestTemporal;
let kafka: Kafka;
let api: TestApi;
let env: Record<string, string>;
let ports: number[];
let control: TestProcess;
let training: TestProcess;
let ingest: TestProcess;
let serving: TestProcess;

const startControl = (more: Record<string, string> = {}) => startProcess('workers/control', ports[0]!, { ...env, ...more });

beforeAll(async () => {
  [database, temporal, folder, ports] = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    mkdtemp(path.join(tmpdir(), 'erasure ')),
    freePorts(4),
  ]);
  kafka = createKafka({ brokers, topicPrefix, clientId: 'test', log: silentLog });
  await kafka.ensureTopics(ALL_TOPICS);
  await applyDefinitions(database.pool, DEFINITIONS, { by: 'test' });
  const [controlPort, trainingPort, ingestPort, servingPort] = ports.map(String);
  env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    KAFKA_BROKERS: brokers.join(),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    BLOB_URL: `file:${folder}/blobs`,
    DATA_DIR: `${folder}/data`,
    STATE_DIR: `${folder}/state`,
    ERASURE_KEY: 'a key of this test alone, 32 and more',
    WORKER_CONTROL_METRICS_PORT: controlPort!,
    WORKER_TRAINING_METRICS_PORT: trainingPort!,
    WORKER_INGEST_METRICS_PORT: ingestPort!,
    SERVING_PORT: servingPort!,
    TF_BACKEND: 'cpu',
  };
  [control, training, ingest] = await Promise.all([
    startControl(),
    startProcess('workers/training', ports[1]!, env),
    startProcess('workers/ingest', ports[2]!, env),
  ]);
  await importShop();
  await run('movieTrainingPipeline', 'first', { models: [IALS, { kind: 'popularity' }] });
  for (const name of ['ials', 'popularity']) await setAlias(database.pool, { name, alias: 'champion', version: '1' });
  serving = await startProcess('serving', ports[3]!, env);
  api = await startTestApi({
    database: { url: database.url, poolSize: 10, external: true },
    kafka: { brokers, ssl: undefined, sasl: undefined, topicPrefix, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
    blobUrl: `file:${folder}/blobs`,
    servingUrl: serving.url,
    erasureKey: env['ERASURE_KEY'],
    access: {
      ...{ host: '127.0.0.1', allowedHosts: [], allowedOrigins: [] },
      credentials: [
        { name: 'olga', role: 'operator', secret: 'o'.repeat(16) },
        { name: 'user 3', role: 'user', secret: 'u'.repeat(16) },
      ],
    },
  });
});
afterAll(async () => {
  await Promise.all([control, training, ingest, serving].map((process) => process?.end()));
  await api?.stop();
  await temporal?.close();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function run<T>(workflow: WorkflowName, name: string, input: object): Promise<T> {
  const options = { workflowId: runId(workflow, name), taskQueue: TASK_QUEUES.control, args: [input] };
  return (await temporal.client.workflow.execute(workflow, options)) as T;
}

const csv = (text: string) => `"${text.replaceAll('"', '""')}"`;

async function importShop({ hasReject = true } = {}): Promise<void> {
  const users = [OWN, ...Array.from({ length: USERS }, (_, at) => `User ${at}`)];
  const choices = users.flatMap((user, at) =>
    Array.from({ length: 8 }, (_, nth) => `${csv(user)},item ${(at + 3 * nth) % 20},${1 + ((at + nth) % 5)},2026-01-0${1 + nth}T00:00:00Z`),
  );
  await mkdir(path.join(folder, 'given'), { recursive: true });
  const log = path.join(folder, 'given', 'log.csv');
  const titles = path.join(folder, 'given', 'titles.csv');
  await writeFile(
    log,
    `user,item,rating,time\n${choices.join('\n')}\n${hasReject ? `${csv(OWN)},item 1,not a number,2026-01-01T00:00:00Z\n` : ''}`,
  );
  await writeFile(titles, `item,title\n${Array.from({ length: 20 }, (_, at) => `item ${at},Item ${at}`).join('\n')}\n`);
  await run('dataImport', `shop-${randomBytes(3).toString('hex')}`, { path: log, name: 'shop', titles });
}

const call = <T>(method: string, at: string, json?: unknown, secret = 'o'.repeat(16)) =>
  api.call<T>(method, at, { ...(json !== undefined && { json }), headers: { 'x-api-key': secret } });
const pathOf = (id: string) => `/api/v1/users/${encodeURIComponent(id)}`;
const countOf = async (table: string, id = ID) =>
  (await database.pool.query<{ count: number }>(`select count(*) as count from ${table} where user_id = $1`, [id])).rows[0]!.count;
const event = (over: object) =>
  call('POST', '/api/v1/events/user-interaction', { user_id: ID, movie_id: 'shop:item 3', interaction_type: 'like', ...over });
const places = (): Places => ({ pool: database.pool, temporal: temporal.client, kafka, folder });
const scan = async (text = TOKEN) => (await whereabouts(places(), text)).filter((place) => !place.startsWith('file given/'));

async function erase(id = ID): Promise<string> {
  const { status, headers, body } = await call<{ receipt: string }>('POST', `${pathOf(id)}/erasure`, {});
  expect([status, headers.get('location')]).toEqual([202, `/api/v1/erasures/${body.receipt}`]);
  return body.receipt;
}
const receiptOf = async (receipt: string) => (await call<ErasureReceipt>('GET', `/api/v1/erasures/${receipt}`)).body;
const untilDone = (receipt: string) =>
  waitFor('the erasure', async () => {
    const found = await receiptOf(receipt);
    return found.state === 'done' ? found : undefined;
  });
const recommend = async (user_id: string) => {
  const answer = await fetch(`${serving.url}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id, k: 5 }),
  });
  return (await answer.json()) as RecommendAnswer;
};

/** By the doors that users' data come in by. */
async function plant(): Promise<void> {
  await call('PUT', pathOf(ID), { age: 33 });
  await event({ session_id: 's' });
  await event({ interaction_type: 'search', movie_id: undefined, query: 'something' });
  const producer = kafka.createProducer();
  await producer.send('user-events', [{ key: ID, value: 'no event', headers: {} }]);
  await producer.close();
  await waitFor('what was sent', async () => (await countOf('interactions')) === 1 && (await countOf('searches')) === 1);
  await waitFor('the dead letter', async () => (await kafka.browse.ranges('user-events-dlt')).some(({ next }) => next !== '0'));
  await run('featureMaterialization', `m-${randomBytes(3).toString('hex')}`, {});
  await run('batchRecommendations', `b-${randomBytes(3).toString('hex')}`, { model: 'popularity', k: 3, users_per_shard: 10 });
  await recommend(ID);
  await waitFor('the answer', async () => (await countOf('served_answers')) > 0);
  const processed = path.join(folder, 'data', 'processed');
  await writeWatchLog(
    database.pool,
    { csv: path.join(processed, 'watch_log.csv'), parquet: path.join(processed, 'watch_log.parquet') },
    new AbortController().signal,
  );
  await database.pool.query(
    `insert into outbox_refused (id, shard, aggregatetype, aggregateid, type, payload, created_at, reason)
     values (gen_random_uuid(), 0, 'user-events', $1, 't', jsonb_build_object('user_id', $1::text), now(), 'too large')`,
    [ID],
  );
  await waitFor('the outbox to be empty', async () => (await database.pool.query('select from outbox')).rowCount === 0);
}

describe('a user who is everywhere', () => {
  let receipt: string;

  test('is exported whole: every store that has rows of theirs', async () => {
    await plant();
    const answer = await fetch(`${api.url}${pathOf(ID)}/export`, { headers: { 'x-api-key': 'o'.repeat(16) } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
    const text = await answer.text();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { store: string; row: Record<string, unknown> });
    const counts: Record<string, number> = {};
    for (const { store } of lines) counts[store] = (counts[store] ?? 0) + 1;
    expect(counts).toMatchObject({
      ratings: 8,
      users: 1,
      interactions: 2, // what they did, and when it was counted for what trends
      searches: 1,
      outbox: 1,
      batches: 3,
      snapshots: 1,
      models: 2,
      end: 1,
    });
    expect(Object.keys(counts)).toEqual(expect.arrayContaining(['served_answers', 'features_offline', 'features_online', 'topics']));
    expect(lines.at(-1)).toEqual({ store: 'end', row: { rows: lines.length - 1 } });
  });

  test('is in all these places, as a look by raw means finds', async () => {
    const found = await scan();
    for (const place of [
      ...[
        'ratings_of_shop',
        'users',
        'interactions',
        'searches',
        'served_answers',
        'outbox_refused',
        'run_steps',
        'feature_online',
        'feature_fingerprints',
      ].map((table) => `table public.${table}`),
      ...['topic user-events', 'topic user-events-dlt', 'topic movie-recommendations'],
      ...['file data/processed/watch_log.csv', 'file data/processed/watch_log.parquet'],
      ...[
        'file blobs/snapshots/<digest>/interactions.parquet',
        'file blobs/trained/ials/<digest>/vocabulary.json',
        'file blobs/trained/popularity/<digest>/vocabulary.json',
      ],
    ])
      expect(found).toContain(place);
    for (const kind of [
      /^history batch\//,
      /^file data\/processed\/rejects\/.*ratings\.csv$/,
      /^file blobs\/runs\/batch\/.*part-\d+\.parquet$/,
    ])
      expect(found.filter((place) => kind.test(place))).not.toEqual([]);
  });

  test('is in none of them once they are erased, but where the receipt says until when', async () => {
    receipt = await erase();
    const done = await untilDone(receipt);
    const found = Object.fromEntries(done.stores.map(({ store, state, found: left }) => [store, [state, left]]));
    const { topics, ...others } = found;
    expect(Object.values(others)).toEqual(Object.keys(others).map(() => ['erased', 0]));
    expect(topics).toEqual(['kept', expect.any(Number)]);
    const kept = done.stores.find(({ store }) => store === 'topics')!;
    expect(Date.parse(kept.kept_until!)).toBeGreaterThan(Date.now());
    for (const topic of ['user-events', 'user-events-dlt', 'movie-recommendations'])
      expect(kept.reason).toContain(` on ${topic}: it keeps messages for `);
    const erased = (name: string) => done.stores.find(({ store }) => store === name)!.erased;
    for (const name of [
      'ratings',
      'users',
      'interactions',
      'searches',
      'served_answers',
      'outbox',
      'features_offline',
      'features_online',
      'ledger',
      'histories',
    ])
      expect([name, erased(name) > 0]).toEqual([name, true]);
    for (const name of ['watch_log', 'rejects', 'batches', 'reports', 'snapshots', 'models'])
      expect([name, erased(name) > 0]).toEqual([name, true]);
    expect(await scan()).toEqual(['topic movie-recommendations', 'topic user-events', 'topic user-events-dlt']);
  });

  test('is named by nothing that was said meanwhile: not by the receipt, nor by a log', async () => {
    const logs = [control, training, ingest, serving].map((process) => process.output()).join('');
    expect(logs.includes(receipt)).toBe(true);
    expect(logs.includes(TOKEN)).toBe(false);
    const told = JSON.stringify([await receiptOf(receipt), (await call('GET', '/api/v1/erasures')).body]);
    expect(told.includes(TOKEN)).toBe(false);
    expect((await receiptOf(receipt)).requested_by).toBe('olga');
  });

  test('is a stranger to the models, which are marked, and others are not', async () => {
    const answer = await waitFor('the model server', async () => {
      const [theirs, strangers] = await Promise.all([recommend(ID), recommend('shop:nobody')]);
      return JSON.stringify(theirs.recommendations) === JSON.stringify(strangers.recommendations) ? theirs : undefined;
    });
    expect(answer.recommendations.length).toBeGreaterThan(0);
    expect((await recommend(OTHER)).model.name).toBe('ials');
    const { body: model } = await call<RegisteredModelDetail>('GET', '/api/v1/models/ials');
    expect(model.versions.map(({ version, learnt_from_erased }) => [version, learnt_from_erased])).toEqual([['1', 1]]);
  });

  test('is in no snapshot, and the champion still tells the next one what it knew of all others', async () => {
    const { body: version } = await call<ModelVersionDetail>('GET', '/api/v1/models/ials/versions/1');
    const { snapshot_id: now, snapshot_made_of: before } = version.run_tags;
    const manifestOf = (id: string) => readFile(path.join(folder, 'blobs', 'snapshots', id, 'manifest.json'), 'utf8');
    expect(JSON.parse(await manifestOf(now!))).toMatchObject({ snapshot_id: now, users: USERS, sets: ['shop'] });
    await expect(manifestOf(before!)).rejects.toThrow('ENOENT');
  });

  test('again is another receipt, which finds nothing', async () => {
    const again = await untilDone(await erase());
    expect(again.receipt).not.toBe(receipt);
    expect(again.stores.filter(({ store, erased }) => erased > 0 && store !== 'served_answers')).toEqual([]); // they asked as a stranger
    expect((await call<RegisteredModelDetail>('GET', '/api/v1/models/ials')).body.versions[0]).toMatchObject({ learnt_from_erased: 1 });
  });

  test('does not come back by what is told late, nor by an import of the same set; but as somebody new', async () => {
    await event({ timestamp: new Date(Date.now() - 86_400_000).toISOString() });
    await event({ timestamp: new Date(Date.now() - 86_400_000).toISOString(), user_id: OTHER });
    await waitFor('what is told of another', async () => (await countOf('interactions', OTHER)) === 1);
    await importShop({ hasReject: false });
    expect([await countOf('interactions'), await countOf('ratings'), await countOf('ratings', OTHER)]).toEqual([0, 0, 8]);
    await event({});
    await waitFor('what they do now', async () => (await countOf('interactions')) === 1);
  });

  test('is learnt from no more: the next version has no mark', async () => {
    await untilDone(await erase());
    await run('movieTrainingPipeline', 'second', { models: [IALS] });
    await setAlias(database.pool, { name: 'ials', alias: 'champion', version: '2' });
    const { body: model } = await call<{ versions: ModelVersion[] }>('GET', '/api/v1/models/ials');
    expect(
      model.versions.map(({ version, learnt_from_erased, aliases }) => [version, learnt_from_erased, aliases.includes('champion')]),
    ).toEqual([
      ['2', undefined, true],
      ['1', 1, false],
    ]);
    expect((await scan()).filter((place) => !place.startsWith('topic '))).toEqual([]);
  });
});

describe('an erasure', () => {
  const VICTIM = 'shop:User 7';

  test('of a user whom another request or a user may not erase is refused', async () => {
    const own = 'u'.repeat(16);
    expect((await call('POST', `${pathOf(VICTIM)}/erasure`, {}, own)).status).toBe(403);
    expect((await call('GET', `${pathOf(VICTIM)}/export`, undefined, own)).status).toBe(403);
    expect((await call('GET', `${pathOf('user 3')}/export`, undefined, own)).status).toBe(200);
    expect((await call('GET', '/api/v1/erasures/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  test('waits for a run that began before, and tells which', async () => {
    const workflowId = runId('featureMaterialization', 'long');
    const options = { workflowId, taskQueue: TASK_QUEUES.control, args: [{}] as [object] };
    const handle = await temporal.client.workflow.signalWithStart('featureMaterialization', {
      ...options,
      signal: 'pause',
      signalArgs: [],
    });
    await waitFor('the run', async () => (await database.pool.query('select from runs where run_id = $1', [workflowId])).rowCount);
    const receipt = await erase('shop:User 6');
    const waiting = await waitFor('it to wait', async () => {
      const found = await receiptOf(receipt);
      return found.waits_for.length > 0 ? found : undefined;
    });
    expect([waiting.state, waiting.waits_for]).toEqual(['running', [workflowId]]);
    expect(await countOf('ratings', 'shop:User 6')).toBe(0); // what need not wait has gone
    await handle.signal('resume');
    await untilDone(receipt);
  });

  test('whose worker is killed in the middle goes on with the next one; a store that is away is told, and waited for', async () => {
    const held = await holdRows(database.pool, 'update on erasure_stores', `new.store = 'ratings' and new.found is not null`);
    const receipt = await erase(VICTIM);
    await held.reached();
    await control.end('SIGKILL');
    await held.giveUp();
    control = await startControl({ KAFKA_BROKERS: '127.0.0.1:1' });
    const failing = await waitFor('the store that is away', async () => {
      const { stores } = await receiptOf(receipt);
      return stores.find(({ state }) => state === 'failing');
    });
    expect([failing.store, failing.found]).toEqual(['topics', null]);
    expect((await receiptOf(receipt)).state).toBe('running');
    await control.end('SIGKILL');
    control = await startControl();
    const done = await untilDone(receipt);
    expect(done.stores.filter(({ state }) => state === 'failing' || state === 'waiting')).toEqual([]);
    expect((await scan(VICTIM)).filter((place) => !place.startsWith('topic '))).toEqual([]);
  });

  test('is done again where a backup from before it was restored', async () => {
    const before = await run<ErasureReplayResult>('erasureReplay', 'nothing', {});
    expect(before).toMatchObject({ receipts: [] });
    // As it was before: the database knows of no erasure, and has the user.
    await database.pool.query('truncate erased_users');
    await database.pool.query(
      `insert into ratings (user_id, movie_id, rating, rated_at, source) select $1, movie_id, 4, '2026-01-05', 'shop' from movies limit 1`,
      [VICTIM],
    );
    const result = await run<ErasureReplayResult>('erasureReplay', 'restored', {});
    expect(result).toMatchObject({ receipts: [expect.any(String)] });
    const done = await untilDone(result.receipts[0]!);
    expect(done).toMatchObject({ is_repeated: true, requested_by: 'replay' });
    expect(await countOf('ratings', VICTIM)).toBe(0);
  });

  test('is kept by a hash that tells nothing without the key', async () => {
    const { rows } = await database.pool.query<{ user_hash: string }>('select user_hash from erased_users');
    expect(rows.length).toBeGreaterThan(0);
    const kept = JSON.parse(await readFile(path.join(folder, 'blobs', 'erasures', `${rows[0]!.user_hash}.json`), 'utf8')) as object;
    expect(Object.keys(kept)).toEqual(['user_hash', 'erased_before', 'key']);
  });
});
