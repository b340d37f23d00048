import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PoolClient } from 'pg';
import type { Movie } from '../../contracts/movies.ts';
import type { SimilarAnswer } from '../../contracts/recommendations.ts';
import { changeMovies } from '../../domain/catalogue/changeMovies.ts';
import { createOwnRefs } from '../../domain/catalogue/ownRefs.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createHealth } from '../../platform/health.ts';
import { createHttpApp, listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { createServingMetrics } from '../../serving/metrics.ts';
import { createUuid7 } from '../../platform/uuid7.ts';
import { servingRoutes } from '../../serving/routes.ts';
import { connectServing } from '../../serving/connect.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { ownSet } from '../support/ownSet.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';
import { NOTHING_LOADED } from '../../serving/scoring/scorer.ts';
import type { ServedAnswer } from '../../contracts/served.ts';
import { scoringHere } from '../support/scoringHere.ts';

let database: TestDatabase;
let folder: string;
let api: TestApi;
let servingUrl: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  const tensorflow = loadTensorflow('cpu');
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-catalogue-'));
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  await ownSet(database.pool, 'shop');
  const trained = await trainTinyModel({ blobs: createBlobStore(`file:${folder}`), tf: tensorflow.tf }, 'popularity');
  await promoteModel(database.pool, trained, 'catalogue/1');
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
  servingUrl = `http://127.0.0.1:${server.port}`;
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, servingUrl });
  stop = async () => {
    await api.stop();
    await server.close();
    await serving.close();
  };
  await waitFor('the champion', async () => (await ask('recommend', { k: 3 })).status === 200);
});
afterAll(async () => {
  await stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

const ANSWER = { user_id: null as never, route: 'default', variant: 'main', model: { name: 'popularity', version: '1' } };
interface Recommended {
  readonly recommendations: readonly { movie_id: string; own_id?: string; title: string }[];
}
async function ask<A = Recommended>(endpoint: string, body: unknown): Promise<{ status: number; body: A }> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(`${servingUrl}/${endpoint}`, init);
  return { status: answer.status, body: (await answer.json()) as A };
}
const servedIds = async () => (await ask('recommend', { k: 500 })).body.recommendations.map(({ movie_id }) => movie_id);
const shown = async () => (await api.call<Recommended>('GET', '/api/v1/recommendations?k=500')).body.recommendations;

describe('a movie that is taken out', () => {
  test('is recommended no more within the second, by the model server too, and is back once it is put', async () => {
    const [first = ''] = await servedIds();
    await waitFor('the model server to know', async () => (await servedIds()).length === TINY_MOVIES.length);
    expect((await api.call('DELETE', `/api/v1/movies/${first}`)).status).toBe(200);
    const since = performance.now();
    await waitFor('the model server to know', async () => !(await servedIds()).includes(first));
    expect(performance.now() - since).toBeLessThan(busyBound(1_000));
    expect(await servedIds()).toHaveLength(TINY_MOVIES.length - 1);
    expect((await shown()).map(({ movie_id }) => movie_id)).not.toContain(first);
    const other = (await servedIds())[0]!;
    const { similar } = (await ask<SimilarAnswer>('similar', { movie_id: other, k: 500 })).body;
    expect(similar.map(({ movie_id }) => movie_id)).not.toContain(first);
    expect((await ask('predict', { user_id: 'u', movie_ids: [first] })).body).toMatchObject({
      predictions: [],
      unknown_movie_ids: [first],
    });
    for (const method of ['GET', 'DELETE'] as const) expect((await api.call(method, `/api/v1/movies/${first}`)).status).toBe(404);

    await api.call('PUT', `/api/v1/movies/${first}`, { json: { title: 'Back again' } });
    await waitFor('the model server to know', async () => (await servedIds()).includes(first));
    expect((await shown()).find(({ movie_id }) => movie_id === first)).toMatchObject({ title: 'Back again' });
  });

  test('or loses its row, with all that a champion knows, breaks no answer', async () => {
    await database.pool.query('delete from movies where movie_id = any($1::int[])', [TINY_MOVIES]);
    await waitFor('the model server to know', async () => (await servedIds()).length === 0);
    expect(await ask('recommend', { k: 3, user_id: 'anyone' })).toMatchObject({ status: 200, body: { recommendations: [] } });
    expect(await shown()).toEqual([]);
    await database.pool.query(
      `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
      [TINY_MOVIES],
    );
    await waitFor('the model server to know', async () => (await servedIds()).length === TINY_MOVIES.length);
  });
});

describe('an own movie', () => {
  const own = `/api/v1/movies/${encodeURIComponent('shop:SKU, 1 🍿')}`;

  test('is put, changed and named by its own id on every door, and is never a movie of another catalogue', async () => {
    const put = await api.call<{ movie_id: string }>('PUT', '/api/v1/movies/shop:1', {
      json: { title: 'A mug', attributes: { price: 9.5 } },
    });
    expect(put.body).toEqual({ op: 'put', movie_id: expect.stringMatching(/^1\d{9}$/), own_id: 'shop:1' });
    expect((await api.call('PUT', '/api/v1/movies/shop:1', { json: { title: 'A mug', attributes: { price: 9.5 } } })).body).toEqual(
      put.body,
    );
    expect((await api.call('GET', '/api/v1/movies/shop:1')).body).toMatchObject({
      ...{ movie_id: put.body.movie_id, own_id: 'shop:1', title: 'A mug', source: 'shop' },
      ...{ external_ids: { shop: '1' }, attributes: { price: 9.5 }, release_year: null },
    });
    await api.call('PATCH', '/api/v1/movies/shop:1', { json: { release_year: 2020 } });
    expect((await api.call('GET', `/api/v1/movies/${put.body.movie_id}`)).body).toMatchObject({ title: 'A mug', release_year: 2020 });

    expect((await api.call('PUT', own, { json: { title: 'Popcorn' } })).status).toBe(200);
    expect((await api.call('GET', own)).body).toMatchObject({ title: 'Popcorn', own_id: 'shop:SKU, 1 🍿' });
    const event = { user_id: 'shop:c1', movie_id: 'shop:1', interaction_type: 'view' };
    expect((await api.call('POST', '/api/v1/events/user-interaction', { json: event })).status).toBe(202);
    const { rows } = await database.pool.query<{ movie_id: string }>(
      `select payload->>'movie_id' as movie_id from outbox where payload ? 'movie_id'`,
    );
    expect(rows).toEqual([{ movie_id: put.body.movie_id }]);
    expect((await api.call('POST', '/api/v1/events/user-interaction', { json: { ...event, movie_id: 'shop:2' } })).status).toBe(404);
    expect((await ask('similar', { movie_id: 'shop:2' })).status).toBe(404);
    expect(await ask('similar', { movie_id: 'shop:1' })).toMatchObject({
      status: 404,
      body: { detail: 'no model of route default knows movie shop:1' },
    });
    expect((await api.call('GET', '/api/v1/features/movie/shop:1')).body).toMatchObject({
      detail: 'The online store has no features of movie shop:1',
    });
    expect((await ask('predict', { user_id: 'u', movie_ids: ['shop:1'] })).body).toMatchObject({ unknown_movie_ids: ['shop:1'] });
  });

  test('is recommended with its own id beside that of the catalogue', async () => {
    const [first = ''] = await servedIds();
    await database.pool.query(`insert into own_movie_ids values ('shop', 'best', $1)`, [first]);
    expect((await shown())[0]).toMatchObject({ movie_id: first, own_id: 'shop:best' });
  });

  test('is shown with its own id by each route of the model server, and a movie of another catalogue without one', async () => {
    const own = '1900000000'; // far from those that are given here
    await database.pool.query('insert into own_movie_ids values ($1, $2, $3)', ['shop', 'served: 1', own]);
    await database.pool.query(`insert into movie_external_ids values ('shop', 'served: 1', $1)`, [TINY_MOVIES[1]]);
    const scorer = {
      predict: async () => ({ ...ANSWER, predictions: [{ movie_id: own, score: 1 }], unknown_movie_ids: [] }),
      recommend: async () => ({
        answer: {
          ...ANSWER,
          recommendation_id: createUuid7(),
          seen_from: 'database' as const,
          recommendations: [
            { movie_id: own, score: 1 },
            { movie_id: '1', score: 0 },
          ],
        },
        served: {} as ServedAnswer,
      }),
      state: () => NOTHING_LOADED,
      similar: async () => ({ ...ANSWER, movie_id: own, similar: [{ movie_id: own, score: 1 }] }),
    };
    let isAway = false;
    const db = {
      query: (...given: Parameters<typeof database.pool.query>) =>
        isAway ? Promise.reject(new Error('away')) : database.pool.query(...given),
    };
    const routes = servingRoutes({
      ...{ scorer, served: { write: () => undefined }, metrics: createServingMetrics(createMetrics('serving')) },
      ...{ movieIdsOf: async (refs) => [...refs], ownRefs: createOwnRefs(db as typeof database.pool) },
    });
    const access = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };
    const app = createHttpApp({ log: silentLog, metrics: createMetrics('serving'), health: createHealth(), access, routes });
    const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
    const post = async (route: string, body: object) =>
      (
        await fetch(`http://127.0.0.1:${server.port}/${route}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json();
    const shownAs = { movie_id: own, own_id: 'shop:served: 1', score: 1 };
    for (const away of [false, true]) {
      isAway = away;
      expect(await post('predict', { user_id: 'u', movie_ids: [own] })).toMatchObject({ predictions: [shownAs] });
      expect(await post('recommend', {})).toMatchObject({ recommendations: [shownAs, { movie_id: '1', score: 0 }] });
      expect(await post('similar', { movie_id: own })).toMatchObject({ movie_id: own, own_id: 'shop:served: 1', similar: [shownAs] });
    }
    await server.close();
  });

  test('comes in a batch, of which all is done or nothing', async () => {
    const change = (changes: unknown) => api.call<{ movies: unknown[]; detail: string }>('POST', '/api/v1/movies', { json: { changes } });
    const put = { op: 'put', movie_id: 'shop:batch', fields: { title: 'One' } };
    expect(await change([put, { op: 'delete', movie_id: 'shop:nothing' }])).toMatchObject({
      status: 404,
      body: { detail: 'changes.1: There is no movie shop:nothing in the catalogue' },
    });
    expect(await change([put, { ...put, movie_id: 'imdb:1' }])).toMatchObject({
      status: 422,
      body: { detail: expect.stringMatching(/^body\.changes\.1\.movie_id: imdb names another catalogue/) },
    });
    expect((await api.call('GET', '/api/v1/movies/shop:batch')).status).toBe(404);
    const done = await change([
      put,
      { op: 'patch', movie_id: 'shop:batch', fields: { genres: ['Cups'] } },
      { op: 'delete', movie_id: 'shop:1' },
    ]);
    expect(done.body.movies).toMatchObject([
      { op: 'put', own_id: 'shop:batch' },
      { op: 'patch', own_id: 'shop:batch' },
      { op: 'delete', own_id: 'shop:1' },
    ]);
    expect((await api.call('GET', '/api/v1/movies/shop:batch')).body).toMatchObject({ title: 'One', genres: ['Cups'] });
    expect((await api.call('GET', '/api/v1/movies/shop:1')).status).toBe(404);
  });

  test('is in a batch as often as somebody likes, and is what all of these changes make of it in their order', async () => {
    const ref = 'shop:often';
    const put = (title: string, fields = {}) => ({ op: 'put' as const, movie_id: ref, fields: { title, ...fields } });
    const patch = (fields: object) => ({ op: 'patch' as const, movie_id: ref, fields });
    const gone = { op: 'delete' as const, movie_id: ref };
    const shown = async () => {
      const { rows } = await database.pool.query(
        `select title, release_year, genres, attributes, array(select unnest(e.fields) order by 1) as said, g.movie_id is not null as gone
         from own_movie_ids o join movies m using (movie_id) join edited_movies e using (movie_id) left join gone_movies g using (movie_id)
         where o.external_id = 'often'`,
      );
      return rows as unknown[];
    };
    const said = ['attributes', 'genres', 'release_year', 'title'];
    await expect(changeMovies(database.pool, [patch({ title: 'x' }), put('A')])).rejects.toMatchObject({ kind: 'missing' });
    await changeMovies(database.pool, [put('A', { genres: ['Cups'], release_year: 2001 }), patch({ attributes: { price: 1 } }), gone]);
    expect(await shown()).toEqual([{ title: 'A', release_year: 2001, genres: ['Cups'], attributes: { price: 1 }, said, gone: true }]);
    await expect(changeMovies(database.pool, [patch({ title: 'x' })])).rejects.toMatchObject({ kind: 'missing' });
    await changeMovies(database.pool, [put('B'), patch({ release_year: 2002 }), patch({ release_year: null, title: 'C' })]);
    expect(await shown()).toEqual([{ title: 'C', release_year: null, genres: [], attributes: {}, said, gone: false }]);
    await expect(changeMovies(database.pool, [gone, patch({ title: 'x' })])).rejects.toThrow(/^changes\.1: There is no movie shop:often/);
    await changeMovies(database.pool, [gone, put('D'), patch({ genres: ['Mugs'] })]);
    expect(await shown()).toMatchObject([{ title: 'D', genres: ['Mugs'], gone: false }]);
    await changeMovies(database.pool, [patch({ title: 'E' }), gone]);
    expect(await shown()).toMatchObject([{ title: 'E', genres: ['Mugs'], gone: true }]);
  });

  test('comes with 10,000 others in as many statements as with one, and in seconds, also after a change of one', async () => {
    const batch = (length: number, price: number) =>
      Array.from({ length }, (_, n) => ({
        op: 'put' as const,
        movie_id: `shop:many-${n}`,
        fields: { title: 'A bowl', attributes: { price } },
      }));
    const statementsOf = async (changes: ReturnType<typeof batch>) => {
      const asked = new Promise<jest.SpiedFunction<PoolClient['query']>>((resolve) =>
        database.pool.once('acquire', (client) => resolve(jest.spyOn(client, 'query'))),
      );
      await changeMovies(database.pool, changes);
      const spy = await asked;
      const count = spy.mock.calls.length;
      spy.mockRestore();
      return count;
    };
    await changeMovies(database.pool, batch(10_000, 1));
    const ofOne = await statementsOf(batch(1, 2));
    const since = performance.now();
    expect(await statementsOf(batch(10_000, 3))).toBe(ofOne);
    expect(performance.now() - since).toBeLessThan(busyBound(3_000));
  });

  test('is told as what others are changing, where they take too long', async () => {
    await api.call('PUT', '/api/v1/movies/shop:held', { json: { title: 'A bowl' } });
    const other = await database.pool.connect();
    await other.query(`begin; select from movies where title = 'A bowl' for update`);
    expect(await api.call('PATCH', '/api/v1/movies/shop:held', { json: { title: 'A plate' } })).toMatchObject({
      status: 503,
      body: { detail: 'Others are changing the same movies; nothing was changed, try again shortly' },
    });
    await other.query('rollback');
    other.release();
    expect((await api.call('PATCH', '/api/v1/movies/shop:held', { json: { title: 'A plate' } })).status).toBe(200);
  });

  test('may be in many batches at once, in whatever order each has them, and none waits for another for ever', async () => {
    const refs = Array.from({ length: 8 }, (_, at) => `shop:crossed-${at}`);
    const put = (movie_id: string) => ({ op: 'put', movie_id, fields: { title: 'A cup', genres: [] } });
    const change = (changes: unknown) => api.call('POST', '/api/v1/movies', { json: { changes } });
    // The first time each makes them, then each changes them, by their names and by the catalogue's ids.
    for (let n = 0; n < 20; n += 1) {
      const ids =
        n % 2 === 0
          ? refs
          : await Promise.all(refs.map(async (ref) => (await api.call<Movie>('GET', `/api/v1/movies/${ref}`)).body.movie_id));
      const answers = await Promise.all([
        change(refs.map(put)),
        change(ids.toReversed().map(put)),
        change([...ids.slice(4), ...ids.slice(0, 4)].map(put)),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    }
  });

  test('is not made in a set that is not here, as one of a mistyped name', async () => {
    const put = (name: string) => api.call('PUT', `/api/v1/movies/${name}`, { json: { title: 'x' } });
    expect(await put('shoop:1')).toMatchObject({
      status: 404,
      body: { detail: 'There is no own set shoop, so that shoop:1 is not made; import it first, or name one of `mlops data sets list`' },
    });
    expect((await database.pool.query(`select from own_movie_ids where source = 'shoop'`)).rowCount).toBe(0);
    await database.pool.query(`insert into data_sets (name, dataset, run_id, row_counts) values ('ml-1m', 'ml-1m', 'import/ml-1m', '{}')`);
    expect((await put('ml-1m:1')).status).toBe(404);
    await database.pool.query(`delete from data_sets where name = 'ml-1m'`);
  });

  test('is not made in a catalogue of somebody else', async () => {
    for (const name of ['imdb:1', 'tmdb:1', 'movielens:1'])
      expect((await api.call('PUT', `/api/v1/movies/${name}`, { json: { title: 'x' } })).status).toBe(422);
    expect((await api.call('PUT', '/api/v1/movies/424242', { json: { title: 'x' } })).status).toBe(404);
  });
});
