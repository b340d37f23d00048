import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelKind } from '../../contracts/models.ts';
import type { PredictAnswer, RecommendAnswer, SimilarAnswer } from '../../contracts/recommendations.ts';
import { SEEN_MOVIES_SQL } from '../../domain/serving/seen.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';
import { scoringHere } from '../support/scoringHere.ts';

const tensorflow = loadTensorflow('cpu');
const OPEN_ACCESS = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };

let database: TestDatabase;
let proxy: Proxy;
let folder: string;
let url: string;
let stop: () => Promise<void>;
let trained: Record<'popularity' | 'neural_cf' | 'movie_predictor', Awaited<ReturnType<typeof trainTinyModel>>>;
let origins = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await createProxy(database.url);
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-serving-'));
  const blobs = createBlobStore(`file:${folder}`);
  const train = (kind: ModelKind) => trainTinyModel({ blobs, tf: tensorflow.tf }, kind);
  trained = {
    popularity: await train('popularity'),
    neural_cf: await train('neural_cf'),
    movie_predictor: await train('movie_predictor'),
  };
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );

  const context = { log: silentLog, metrics: createMetrics('serving'), health: createHealth() };
  const settings = {
    database: { url: proxy.url, poolSize: 5, external: true },
    blobUrl: `file:${folder}`,
    stateDir: folder,
    access: OPEN_ACCESS,
    tensorflow,
  };
  const serving = connectServing(settings, context, scoringHere(settings));
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${server.port}`;
  stop = async () => {
    await server.close();
    await serving.close();
  };
});
afterAll(async () => {
  await stop();
  await proxy.cut();
  await database.drop();
  await rm(folder, { recursive: true });
});

interface HealthBody {
  status: string;
  dependencies: Record<string, { ok: boolean; detail: string }>;
}

async function post<A = RecommendAnswer>(endpoint: string, body: unknown): Promise<{ status: number; headers: Headers; body: A }> {
  const answer = await fetch(`${url}/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as A };
}
const recommend = async (body: unknown) => (await post('recommend', body)).body;
/** An answer to be compared with another: each has an id of its own. */
const answerOf = async (body: unknown) => ({ ...(await recommend(body)), recommendation_id: expect.any(String) });
const recommendedIds = async (body: unknown) => (await recommend(body)).recommendations.map(({ movie_id }) => movie_id);
const health = async () => {
  const answer = await fetch(`${url}/health`);
  return { status: answer.status, body: (await answer.json()) as HealthBody };
};
/** Lines of one metric, without the process's own label. */
const metric = async (name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.map((line) => line.replace(/,process="serving"|process="serving",/, '').slice(name.length));
};
const promote = (kind: keyof typeof trained, source = trained[kind]) =>
  promoteModel(database.pool, source, `training/test-${(origins += 1)}/${kind}`);
const loadedVersion = async (kind: ModelKind) => {
  const { models } = (await (await fetch(url)).json()) as { models: { name: string; version: string }[] };
  return models.find(({ name }) => name === kind)?.version;
};
async function expectServedWithin(promisedMs: number, kind: ModelKind, version: string) {
  const startedAt = performance.now();
  await waitFor(`${kind} ${version} to be served`, async () => (await loadedVersion(kind)) === version);
  expect(performance.now() - startedAt).toBeLessThan(busyBound(promisedMs));
}

describe('the model server', () => {
  test('asks to come back while no model is there, and is not ready', async () => {
    const answer = await post('recommend', { user_id: 1, k: 10 });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await health()).toMatchObject({
      status: 503,
      body: { dependencies: { models: { ok: false, detail: 'no champion is loaded' } } },
    });
  });

  test('takes up champions as they come, and is ready', async () => {
    for (const kind of ['popularity', 'neural_cf', 'movie_predictor'] as const) await expectServedWithin(2_000, kind, await promote(kind));
    await waitFor('readiness', async () => (await health()).status === 200);
    expect((await health()).body).toEqual({
      status: 'ready',
      release: '', // of a process; this app stands by itself
      started_at: expect.any(String),
      dependencies: {
        models: { ok: true, detail: expect.stringContaining('neural_cf 1') },
        tensorflow: { ok: true, detail: `${tensorflow.backend} ${tensorflow.version}` },
        postgres: { ok: true, detail: expect.any(String) },
      },
    });
  });
});

describe('with champions, it', () => {
  test('recommends by neural_cf to a user it knows, and says which version answered', async () => {
    const answer = await answerOf({ user_id: 'u2', k: 5 });
    expect(answer).toMatchObject({ user_id: 'u2', model: { name: 'neural_cf', version: '1' }, seen_from: 'database' });
    expect(answer.recommendations).toHaveLength(5);
    const scores = answer.recommendations.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(await recommend({ user_id: 'u2', k: 5 })).toEqual(answer);
  });

  test('recommends popular movies to a user nobody has seen, and to nobody in particular', async () => {
    expect(await recommend({ user_id: 404, k: 3 })).toMatchObject({ user_id: '404', model: { name: 'popularity' } });
    expect(await recommend({ k: 3 })).toMatchObject({ user_id: null, model: { name: 'popularity' }, seen_from: 'not_asked' });
    expect(await recommendedIds({ k: 3 })).toEqual(['1', '2', '3']);
  });

  test('recommends to a user nobody learnt from by what they did a moment ago, once a model that can is champion', async () => {
    const itemKnn = await trainTinyModel({ blobs: createBlobStore(`file:${folder}`), tf: tensorflow.tf }, 'item_knn');
    const version = await promoteModel(database.pool, itemKnn, 'training/test-fold-in/item_knn');
    await expectServedWithin(2_000, 'item_knn', version);
    expect(await recommend({ user_id: 'newcomer' })).toMatchObject({ model: { name: 'popularity' } });
    await database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
       values (gen_random_uuid(), 'newcomer', 12, 'view', now()), (gen_random_uuid(), 'newcomer', 3, 'dislike', now())`,
    );
    const answer = await recommend({ user_id: 'newcomer', k: 500 });
    expect(answer).toMatchObject({ model: { name: 'item_knn', version }, seen_from: 'database' });
    expect(answer.recommendations.map(({ movie_id }) => movie_id)).not.toContain('3');
    expect(await recommend({ user_id: 'u2' })).toMatchObject({ model: { name: 'neural_cf' } });
  });

  test('answers by movie_predictor on the legacy route', async () => {
    expect(await recommend({ user_id: 'u2', route: 'legacy' })).toMatchObject({ model: { name: 'movie_predictor' } });
    expect(await recommend({ route: 'legacy' })).toMatchObject({ model: { name: 'movie_predictor' } });
  });

  test('leaves out what the user has rated or interacted with, from the next request on', async () => {
    await database.pool.query(`insert into ratings values ('u3', 1, 5, now(), 'test')`);
    await database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), 'u3', 2, 'view', now())`,
    );
    const all = { user_id: 'u3', k: 500, exclude_seen: false };
    expect(new Set(await recommendedIds(all))).toEqual(new Set(TINY_MOVIES));
    const unseen = await recommendedIds({ ...all, exclude_seen: true });
    expect(new Set(unseen)).toEqual(new Set(TINY_MOVIES.slice(2)));
  });

  test('scores movies in the order asked for, whichever way they are written, and names those it has never met', async () => {
    const { body } = await post<PredictAnswer>('predict', { user_id: 'u2', movie_ids: [3, '1', 'movie_002', 4711] });
    expect(body).toMatchObject({ user_id: 'u2', model: { name: 'neural_cf', version: '1' }, unknown_movie_ids: ['4711'] });
    expect(body.predictions.map(({ movie_id, score }) => [movie_id, typeof score])).toEqual([
      ['3', 'number'],
      ['1', 'number'],
      ['2', 'number'],
    ]);
  });

  test('finds similar movies, without the movie itself', async () => {
    const { body } = await post<SimilarAnswer>('similar', { movie_id: 5, k: 4 });
    expect(body).toMatchObject({ movie_id: '5', model: { name: 'neural_cf' } });
    expect(body.similar).toHaveLength(4);
    expect(body.similar.map(({ movie_id }) => movie_id)).not.toContain('5');
  });

  test('says which movie it does not know', async () => {
    const answer = await post<{ detail: string }>('similar', { movie_id: 4711, k: 4 });
    expect([answer.status, answer.body.detail]).toEqual([404, expect.stringContaining('4711')]);
  });

  test.each([0, -1, 1e9, 'ten', 2.5, null])('refuses k = %p and names the field', async (k) => {
    for (const [endpoint, body] of [
      ['recommend', { user_id: 1, k }],
      ['similar', { movie_id: 1, k }],
    ] as const) {
      const answer = await post(endpoint, body);
      expect([answer.status, answer.body]).toMatchObject([422, { errors: [{ field: 'body.k' }] }]);
    }
  });

  test('refuses bodies that it cannot read, without a stack trace', async () => {
    expect(await post('recommend', '{"user_id":')).toMatchObject({ status: 400, body: { errors: [{ field: 'body' }] } });
    expect(await post('recommend', '[]')).toMatchObject({ status: 422 });
    expect(await post('predict', { user_id: 1 })).toMatchObject({ status: 422, body: { errors: [{ field: 'body.movie_ids' }] } });
    expect(await post('predict', { user_id: 'x'.repeat(1_100_000), movie_ids: [1] })).toMatchObject({ status: 413 });
    expect(await post('recommend', { user_id: 1, route: 'scenic' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'body.route' }] },
    });
  });

  test('counts and times what each model answered', async () => {
    await recommend({ user_id: 'u2' });
    const labels = 'model="neural_cf",version="1",route="default",endpoint="recommend"';
    expect(await metric('model_predictions_total')).toContainEqual(expect.stringMatching(new RegExp(`^{${labels}} [1-9]`)));
    expect(await metric('model_prediction_duration_seconds_count')).toContainEqual(expect.stringMatching(new RegExp(`^{${labels}} [1-9]`)));
    expect(await metric('model_prediction_duration_seconds_bucket')).toContainEqual(expect.stringContaining(`{le="0.005",${labels}}`));
    expect(await metric('model_loaded')).toContain('{model="movie_predictor",version="1"} 1');
    expect(await metric('model_swaps_total')).toContain('{model="neural_cf",outcome="loaded"} 1');
  });

  test('finds what a user has seen by indexes, however large the tables are', async () => {
    await database.pool.query(
      `insert into ratings select 'many' || n % 2000, 1 + n / 2000, 3, now(), 'test' from generate_series(0, 19999) as n on conflict do nothing`,
    );
    await database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
       select gen_random_uuid(), 'many' || n % 2000, 1 + n / 2000, 'view', now() from generate_series(0, 19999) as n`,
    );
    await database.pool.query('vacuum analyze ratings, interactions');
    const plan = await database.pool.query<{ 'QUERY PLAN': string }>(`explain ${SEEN_MOVIES_SQL.replaceAll('$1', `'many7'`)}`);
    const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).not.toContain('Seq Scan');
    expect(text).toMatch(/ratings_\w*pkey/);
    expect(text).toContain('interactions_of_user');
  });
});

describe('when the champion changes, it', () => {
  test('swaps within 2 s without failing a request', async () => {
    const statuses: number[] = [];
    const versions: string[] = [];
    let isLoading = true;
    const ask = async (endpoint: string, body: unknown) => {
      while (isLoading) {
        const answer = await post(endpoint, body);
        statuses.push(answer.status);
        if (answer.status === 200) versions.push(answer.body.model.version);
      }
    };
    const load = Promise.all([
      ask('recommend', { user_id: 'u2' }),
      ask('recommend', { user_id: 'u4' }),
      ask('predict', { user_id: 'u5', movie_ids: [1, 2, 3] }),
      ask('similar', { movie_id: 3 }),
    ]);
    const before = (await loadedVersion('neural_cf'))!;
    let newest = before;
    for (let swap = 0; swap < 5; swap += 1) {
      newest = await promote('neural_cf');
      await expectServedWithin(2_000, 'neural_cf', newest);
    }
    const served = versions.length;
    await waitFor('answers of the new version', () => versions.length > served + 20);
    isLoading = false;
    await load;

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(versions[0]).toBe(before);
    // Requests that were under way at the last swap may still say the version before.
    expect(new Set(versions.slice(served + 4))).toEqual(new Set([newest]));
  });

  test('swaps within 2 s also when the notification is lost', async () => {
    await database.pool.query('alter table model_aliases disable trigger model_aliases_changed');
    const version = await promote('popularity');
    await expectServedWithin(2_000, 'popularity', version);
    await database.pool.query('alter table model_aliases enable trigger model_aliases_changed');
  });

  test('goes on with the old model when the new one is broken, and says so', async () => {
    const before = await loadedVersion('popularity');
    const { spec, model } = trained.popularity;
    const broken = await promote('popularity', { spec, model: { ...model, uri: 'blob:trained/popularity/nowhere' } });
    await waitFor('the failure to show', async () =>
      /popularity \d+ cannot be loaded: there is no blob/.test(JSON.stringify(await health())),
    );

    expect(await health()).toMatchObject({
      status: 200,
      body: { dependencies: { models: { ok: true, detail: expect.stringContaining(`popularity ${broken} cannot be loaded`) } } },
    });
    expect(await recommend({ k: 3 })).toMatchObject({ model: { name: 'popularity', version: before } });
    expect(await metric('model_swaps_total')).toContain('{model="popularity",outcome="broken"} 1');
    await expectServedWithin(2_000, 'popularity', await promote('popularity'));
  });

  test('goes on with the old model when a byte of the new one was flipped, and names the file', async () => {
    const before = await loadedVersion('item_knn');
    const { spec, model } = await trainTinyModel({ blobs: createBlobStore(`file:${folder}`), tf: tensorflow.tf }, 'item_knn');
    const file = path.join(folder, model.uri.slice('blob:'.length), 'weights.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 0x40;
    await writeFile(file, bytes);
    const answer = await answerOf({ user_id: 'u2', k: 3 });
    const version = await promoteModel(database.pool, { spec, model }, `training/test-${(origins += 1)}/item_knn`);
    await waitFor('the failure to show', async () => /item_knn \d+ cannot be loaded/.test(JSON.stringify(await health())));

    const { status, body } = await health();
    expect(status).toBe(200);
    expect(body.dependencies['models']!.detail).toMatch(
      new RegExp(
        `item_knn ${version} cannot be loaded: .*weights.safetensors is not what was saved: its sha256 is [0-9a-f]{64}, not [0-9a-f]{64}`,
      ),
    );
    expect(await metric('model_swaps_total')).toContain('{model="item_knn",outcome="broken"} 1');
    expect(await loadedVersion('item_knn')).toBe(before);
    expect(await recommend({ user_id: 'u2', k: 3 })).toEqual(answer);
    await database.pool.query("delete from model_aliases where name = 'item_knn'");
  });
});

describe('while Postgres is away, it', () => {
  test('answers from memory, stays ready, and catches up when Postgres is back', async () => {
    const known = await answerOf({ user_id: 'u3', k: 500 });
    await proxy.cut();

    const startedAt = performance.now();
    for (let request = 0; request < 20; request += 1) {
      expect(await recommend({ user_id: 'u3', k: 500 })).toEqual({ ...known, seen_from: 'memory' });
    }
    expect(performance.now() - startedAt).toBeLessThan(busyBound(2_000));
    expect(await recommend({ user_id: 'u9' })).toMatchObject({ model: { name: 'neural_cf' }, seen_from: 'unavailable' });
    await waitFor('health to show it', async () => (await health()).body.dependencies['postgres']!.ok === false);
    expect(await health()).toMatchObject({ status: 200, body: { status: 'ready', dependencies: { models: { ok: true } } } });

    const version = await promote('neural_cf');
    await proxy.restore();
    await expectServedWithin(4_000, 'neural_cf', version);
    await waitFor('the database to be read again', async () => (await recommend({ user_id: 'u9' })).seen_from === 'database');
  });
});
