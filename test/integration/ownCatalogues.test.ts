import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecommendAnswer, SimilarAnswer } from '../../contracts/recommendations.ts';
import { readBatchPart } from '../../domain/recommender/batch/batchTable.ts';
import { rankShard } from '../../domain/recommender/tasks/rankShard.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { promoteModel, trainTinyModel } from '../support/tinyTraining.ts';
import { scoringHere } from '../support/scoringHere.ts';
import { waitFor } from '../support/waitFor.ts';

const tensorflow = loadTensorflow('cpu');
const [MUG, LAMP, BOWL] = ['1000000001', '1000000002', '1000000003'];
const SHARED = ['1', '2', '3'];
const PLATE = '1000000004';
const OWN = { [MUG]: 'shop:mug', [BOWL]: 'shop:bowl', [LAMP]: 'store:lamp', [PLATE]: 'store:plate' };

let database: TestDatabase;
let folder: string;
let blobs: BlobStore;
let url: string;
let close: () => Promise<void>;
let models = 0;

beforeAll(async () => {
  [database, folder] = await Promise.all([createTestDatabase(), mkdtemp(path.join(tmpdir(), 'own catalogues '))]);
  blobs = createBlobStore(`file:${folder}`);
  const { pool } = database;
  await pool.query(`insert into data_sets (name, dataset, format, run_id, row_counts) values
    ('movielens', 'movielens', 'csv', 'import/a', '{}'), ('shop', 'shop', 'own', 'import/b', '{}'), ('store', 'store', 'own', 'import/c', '{}')`);
  for (const [id, ref] of Object.entries(OWN))
    await pool.query('insert into own_movie_ids (movie_id, source, external_id) values ($1, $2, $3)', [id, ...ref.split(':')]);
  for (const id of [...SHARED, ...Object.keys(OWN)])
    await pool.query(`insert into movies (movie_id, title, source) values ($1, 'A thing', 'test')`, [id]);

  const settings = {
    ...{ database: { url: database.url, poolSize: 5, external: true }, blobUrl: `file:${folder}`, stateDir: folder, tensorflow },
    access: { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] },
  };
  const serving = connectServing(
    settings,
    { log: silentLog, metrics: createMetrics('serving'), health: createHealth() },
    scoringHere(settings),
  );
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${server.port}`;
  close = async () => {
    await server.close();
    await serving.close();
  };
});
afterAll(async () => {
  await close();
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await database.pool.query('truncate interactions');
});

async function makeChampion(movieIds: string[]) {
  const trained = await trainTinyModel({ blobs, tf: tensorflow.tf }, 'popularity', movieIds);
  const version = await promoteModel(database.pool, trained, `training/own-${(models += 1)}/popularity`);
  await waitFor('the champion to be loaded', async () => {
    const { models: loaded } = (await (await fetch(url)).json()) as { models: { version: string }[] };
    return loaded.some((model) => model.version === version);
  });
  return trained.model;
}
async function post<A>(endpoint: string, body: unknown): Promise<A> {
  const answer = await fetch(`${url}/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as A;
}
const shownTo = async (user_id: string | null) =>
  (await post<RecommendAnswer>('recommend', { user_id })).recommendations.map(({ movie_id, own_id }) => own_id ?? movie_id);
const choose = (user: string, movie: string) =>
  database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), $1, $2, 'like', now())`,
    [user, movie],
  );

describe('by a model that learnt of several catalogues', () => {
  const ALL = [MUG, '1', LAMP, '2', BOWL, '3', PLATE];
  let uri: string;
  beforeAll(async () => {
    uri = (await makeChampion(ALL)).uri;
  });

  test('a customer of an own set whom nobody knows gets what is popular in that set, and nothing else', async () => {
    expect(await shownTo('shop:new')).toEqual(['shop:mug', 'shop:bowl']);
    expect(await shownTo('store:new')).toEqual(['store:lamp', 'store:plate']);
  });

  test('who is of no own set, and nobody in particular, gets the shared catalogue', async () => {
    for (const user of ['visitor', 'ml-1m:7', 'shop', null]) expect([user, await shownTo(user)]).toEqual([user, SHARED]);
  });

  test('who is of no own set gets those of sets that they chose from too', async () => {
    await choose('visitor', MUG);
    expect(await shownTo('visitor')).toEqual(['1', '2', 'shop:bowl', '3']);
  });

  test('what is similar to an item is of its own catalogue', async () => {
    const { similar } = await post<SimilarAnswer>('similar', { movie_id: MUG });
    expect(similar.map(({ movie_id }) => movie_id)).toEqual([BOWL]);
  });

  test('a batch gives each user the same', async () => {
    await choose('shop:a', BOWL);
    await choose('visitor', '1');
    const context = {
      ...{ pool: database.pool, blobs, log: silentLog, signal: new AbortController().signal, checkpointEveryMs: 1_000 },
      ...{ onProgress: () => undefined, tensorflow: async () => tensorflow },
    };
    const input = {
      models: [{ name: 'popularity', version: '1', source: uri }],
      range: { after: '', upTo: '~' },
      k: 10,
      part: 'part',
    } as const;
    await rankShard(context, { ...input, exclude_seen: true });
    const rows = await readBatchPart(await blobs.get(blobs.uriOf('part')));
    expect(rows.map(({ user_id, movie_id }) => `${user_id} ${movie_id}`)).toEqual([`shop:a ${MUG}`, 'visitor 2', 'visitor 3']);
  });
});

describe('by a model that learnt of another set alone', () => {
  beforeAll(async () => {
    await makeChampion([LAMP, PLATE]);
  });

  test('a customer is told what to train, rather than shown what the set does not have', async () => {
    expect(await post('recommend', { user_id: 'shop:new' })).toMatchObject({
      status: 503,
      detail: expect.stringMatching(
        / answers for user shop:new; npx mlops train --model popularity makes one that answers for every customer of shop$/,
      ),
    });
  });

  test('who is of no own set is told too, while a shared catalogue is here; where there is none they get what there is', async () => {
    for (const user_id of ['visitor', null])
      expect(await post('recommend', { user_id })).toMatchObject({
        status: 503,
        detail: expect.stringContaining('whoever is of no own set'),
      });
    await database.pool.query(`delete from data_sets where name = 'movielens'`);
    await database.pool.query(`update movies set title = title`);
    await waitFor('the sets to be read again', async () => (await shownTo(null).catch(() => [])).length > 0);
    for (const user of ['visitor', null]) expect(await shownTo(user)).toEqual(['store:lamp', 'store:plate']);
  });
});
