import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse as parseCsv } from 'csv-parse/sync';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { userInteractionEventSchema } from '../../contracts/events.ts';
import { copyLine } from '../../domain/catalogue/copyText.ts';
import { findFiles } from '../../domain/imports/reading/formats.ts';
import { readSetMovies } from '../../domain/imports/reading/setMovies.ts';
import { writeWatchLog } from '../../domain/catalogue/watchLog.ts';
import { recordInteractions } from '../../domain/events/interactions.ts';
import { createPostgresStore } from '../../domain/features/online/postgresStore.ts';
import { createRedisStore } from '../../domain/features/online/redisStore.ts';
import { readInteractions } from '../../domain/recommender/data/readInteractions.ts';
import { createSnapshot } from '../../domain/recommender/data/snapshot.ts';
import { readSnapshot, writeSnapshot } from '../../domain/recommender/data/snapshotFiles.ts';
import { recordStepEnd, recordStepLogs, recordStepStart } from '../../domain/runs/record.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createKafka } from '../../platform/kafka/kafka.ts';
import { readParquetRows } from '../../platform/parquet.ts';
import { createRedis } from '../../platform/redis.ts';
import { CONTROLS, HOSTILE_TEXTS, REFUSED } from '../hostile/texts.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { collectMessages } from '../support/collectMessages.ts';
import { collectMovieLens } from '../support/collectMovieLens.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { describeEachOnlineStore } from '../support/optionalPrograms.ts';
import { waitFor } from '../support/waitFor.ts';

/** Ids that are not the same, however alike: as sets of what was sent. */
const USERS = Object.values(HOSTILE_TEXTS);
const TITLES = [...USERS, ...Object.values(CONTROLS)];
const byUnits = (a: string, b: string) => (a < b ? -1 : 1);

let folder: string;
let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-hostile-'));
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 5, external: true } });
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
  await rm(folder, { recursive: true });
});

describe('a user whom the API takes', () => {
  test('is the same user in the event, in what is trained, in the watch log and in what is asked of them', async () => {
    const { rowCount } = await database.pool.query(
      "insert into movies (movie_id, title, source) select n, 'Movie ' || n, 'test' from generate_series(1, 3) n",
    );
    expect(rowCount).toBe(3);
    for (const user_id of USERS) {
      const json = { user_id, session_id: user_id, movie_id: 1, interaction_type: 'view', timestamp: '2026-01-01T00:00:00Z' };
      expect(await api.call('POST', '/api/v1/events/user-interaction', { json })).toMatchObject({ status: 202 });
      const path = `/api/v1/users/${encodeURIComponent(user_id)}`;
      // A browser's URL takes dots for steps, so those two have no path.
      if (user_id !== '.' && user_id !== '..') {
        expect(await api.call('PUT', path, { json: { age: 30 } })).toMatchObject({ status: 200, body: { user_id } });
        expect(await api.call('GET', path)).toMatchObject({ status: 200, body: { user_id, age: 30 } });
      }
    }
    const { rows } = await database.pool.query<{ key: string; payload: unknown }>('select aggregateid as key, payload from outbox');
    expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(USERS));
    const events = rows.map(({ payload }) => userInteractionEventSchema.parse(payload));
    expect(events.map(({ session_id }) => session_id)).toEqual(events.map(({ user_id }) => user_id));
    await recordInteractions(database.pool, events);

    const { interactions, movies } = await readInteractions(database.pool, new AbortController().signal);
    expect(interactions.users.ids).toEqual(USERS.toSorted(byUnits));
    const blobs = createBlobStore(`file:${folder}/blobs`);
    const read = await readSnapshot(blobs, await writeSnapshot(blobs, createSnapshot(interactions, movies, 1)));
    expect(read.interactions.users.ids).toEqual(USERS.toSorted(byUnits));

    const files = { csv: path.join(folder, 'log.csv'), parquet: path.join(folder, 'log.parquet') };
    await writeWatchLog(database.pool, files, new AbortController().signal);
    const csv: string[][] = parseCsv(await readFile(files.csv), { from: 2 });
    expect(csv.map(([user]) => user!).sort(byUnits)).toEqual(USERS.toSorted(byUnits));
    const parquet = await readParquetRows(await readFile(files.parquet));
    expect(parquet.map(({ user_id }) => user_id)).toEqual(csv.map(([user]) => user));
  });

  test('is the same user to Kafka, as key, in the value and in a header', async () => {
    const kafka = createKafka({
      brokers: [engine('TEST_KAFKA_BROKER')],
      topicPrefix: `${randomUUID()}-`,
      clientId: 'test',
      log: silentLog,
    });
    await kafka.ensureTopics([{ name: 'hostile', partitions: 1 }]);
    const producer = kafka.createProducer();
    const collected = collectMessages(kafka, 'hostile');
    const texts = [...USERS, ...Object.values(CONTROLS)];
    await producer.send(
      'hostile',
      texts.map((text) => ({ key: text, value: JSON.stringify({ text }), headers: { text } })),
    );
    await waitFor('the messages', async () => collected.messages.length >= texts.length);
    const read = collected.messages.map(({ key, value, headers }) => [key, JSON.parse(value!.toString()) as unknown, headers['text']]);
    expect(read).toEqual(texts.map((text) => [text, { text }, text]));
    await Promise.all([producer.close(), collected.close()]);
  });
});

describeEachOnlineStore('a user whom the API takes, in the online store in %s,', (_, redis) => {
  test('is the same user, pushed and loaded', async () => {
    const store = redis ? createRedisStore(createRedis({ url: redis.url, log: silentLog })) : createPostgresStore(database.pool);
    const rows = USERS.map((entityId) => ({ entityId, eventMs: 1_000, createdMs: 1, text: JSON.stringify(entityId) }));
    const read = async (view: string) => (await store.read(USERS.map((entityId) => ({ view, entityId })))).map((row) => row?.text);
    await store.push('pushed', rows);
    await store.begin('loaded', 'one');
    await store.stage('loaded', 'one', rows);
    await store.commit('loaded', 'one');
    expect(await read('pushed')).toEqual(rows.map(({ text }) => text));
    expect(await read('loaded')).toEqual(rows.map(({ text }) => text));
    await store.close();
  });
});

describe('a file of movies', () => {
  const write = async (lines: readonly string[]) => {
    await writeFile(path.join(folder, 'links.csv'), 'movieId,imdbId,tmdbId\n1,12,2\n');
    await writeFile(path.join(folder, 'movies.csv'), `movieId,title,genres\n${lines.join('')}`);
    await writeFile(path.join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n1,1,4.0,964982703\n');
  };

  test('brings every title and genre into the catalogue as it stands there, without the spaces around it', async () => {
    const titled = TITLES.map((text) => `a${text}z`);
    const genres = titled.filter((text) => !text.includes('|'));
    const lines = titled.map((title, at) => copyLine([at + 1, title, genres[at] ?? 'Drama']));
    await write(lines);
    await collectMovieLens(database.pool, folder);
    const { rows } = await database.pool.query<{ title: string; genres: string[] }>(
      "select title, genres from movies where source = 'movielens' order by movie_id",
    );
    expect(rows.map(({ title }) => title)).toEqual(titled);
    expect(rows.map((row) => row.genres[0])).toEqual(titled.map((_, at) => genres[at] ?? 'Drama'));
  });

  test('with U+0000 in one row loses that row alone', async () => {
    await write([copyLine([901, 'a\0b', 'Drama']), copyLine([902, 'Fine', 'Drama']), copyLine([903, 'Too', 'a\0b'])]);
    const read: string[] = [];
    for await (const row of readSetMovies('csv', await findFiles(folder, 'csv')))
      read.push(`${row.line}: ${'reason' in row ? row.reason : row.row.title}`);
    expect(read).toEqual([
      '2: it holds a character that cannot be kept: U+0000',
      '3: Fine',
      '4: it holds a character that cannot be kept: U+0000',
    ]);
  });
});

test('a step whose words quote what cannot be stored ends in the ledger all the same', async () => {
  const step = { workflowId: 'training/hostile', temporalRunId: randomUUID(), activityId: '1', attempt: 1 };
  const words = Object.values(REFUSED).join();
  await recordStepStart(database.pool, {
    ...step,
    run: {
      ...{ runId: step.workflowId, workflow: 'movieTrainingPipeline', subject: null },
      execution: { temporalRunId: step.temporalRunId, firstRunId: step.temporalRunId, isReset: false },
    },
    step: 'stage_set',
    part: null,
    queue: 'control',
    worker: 'w',
  });
  await recordStepLogs(database.pool, step, [{ line: 1, loggedAt: new Date(), level: 'info', message: words, fields: { words } }]);
  await recordStepEnd(database.pool, step, { state: 'failed', result: { words }, error: words });
  const { rows } = await database.pool.query('select state, error, result from run_steps where workflow_id = $1', [step.workflowId]);
  const kept = 'a\ufffdb,a\ufffd,\ufffda';
  expect(rows).toEqual([{ state: 'failed', error: kept, result: { words: kept } }]);
});
