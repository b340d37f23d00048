import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createUuid7 } from '../../platform/uuid7.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startFakeModelServer, type FakeModelServer } from '../support/modelServer.ts';

let database: TestDatabase;
let serving: FakeModelServer;
let api: TestApi;
beforeAll(async () => {
  [database, serving] = await Promise.all([createTestDatabase(), startFakeModelServer()]);
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, servingUrl: serving.url });
  await database.pool.query(
    `insert into movies (movie_id, title, release_year, genres, source) values
     (1, 'Toy Story', 1995, '{Adventure,Animation}', 'movielens'), (2, 'Jumanji', null, '{}', 'movielens')`,
  );
});
afterAll(async () => {
  await api.stop();
  await serving.close();
  await database.drop();
});
beforeEach(() => {
  serving.asked.length = 0;
  serving.answer = {
    status: 200,
    body: {
      recommendation_id: createUuid7(),
      user_id: 'u1',
      route: 'default',
      variant: 'main',
      model: { name: 'neural_cf', version: '3' },
      recommendations: [
        { movie_id: '2', score: 0.9 },
        { movie_id: '1', score: 0.8 },
        { movie_id: '77', score: 0.7 },
      ],
      seen_from: 'database',
    },
  };
});

test("the model server's choice comes in its order, with titles; what the catalogue lacks stays out", async () => {
  expect(
    await api.call('GET', '/api/v1/recommendations?k=3&user_id=u1', { headers: { 'x-api-key': 'mine', cookie: 'not yours' } }),
  ).toMatchObject({
    status: 200,
    body: {
      user_id: 'u1',
      model: { name: 'neural_cf', version: '3' },
      recommendations: [
        { movie_id: '2', title: 'Jumanji', genres: [], release_year: null, score: 0.9 },
        { movie_id: '1', title: 'Toy Story', genres: ['Adventure', 'Animation'], release_year: 1995, score: 0.8 },
      ],
    },
  });
  const [asked] = serving.asked;
  expect(asked?.body).toEqual({ user_id: 'u1', k: 3, exclude_seen: true, route: 'default', explain: true });
  expect({ key: asked?.headers['x-api-key'], cookie: asked?.headers.cookie }).toEqual({ key: 'mine', cookie: undefined });
});

test('a route and a variant are asked for; what the model server has against them names the place in this request', async () => {
  serving.answer = { status: 422, body: { errors: [{ field: 'body.route', message: 'there is no route scenic' }] } };
  expect(await api.call('GET', '/api/v1/recommendations?route=scenic&variant=new')).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'query.route', message: 'there is no route scenic' }] },
  });
  expect(serving.asked[0]?.body).toEqual({ user_id: null, k: 10, exclude_seen: true, route: 'scenic', variant: 'new', explain: true });
});

test('what was seen comes too where it is asked for', async () => {
  await api.call('GET', '/api/v1/recommendations?user_id=u1&exclude_seen=false');
  expect(serving.asked[0]?.body).toMatchObject({ exclude_seen: false });
});

test('a genre that no movie is of is told by the name that it has here', async () => {
  const errors = [{ field: 'body.filter.genres', message: 'no movie is of genre Comedies; there are Comedy' }];
  serving.answer = { status: 422, body: { errors } };
  expect(await api.call('GET', '/api/v1/recommendations?genres=Comedies')).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'query.genres', message: 'no movie is of genre Comedies; there are Comedy' }] },
  });
});

test('the root asks the legacy route for nobody in particular, ten where k is missing', async () => {
  expect((await api.call('GET', '/')).status).toBe(200);
  expect(serving.asked.map(({ body }) => body)).toEqual([{ user_id: null, k: 10, exclude_seen: true, route: 'legacy', explain: false }]);
});

test('what was passed on is counted by model, version and route', async () => {
  const count = async () => {
    const { body } = await api.call<string>('GET', '/metrics');
    const valueOf = (name: string) =>
      Number(new RegExp(`^${name}{model="neural_cf",version="3",route="legacy".*} (\\d+)$`, 'm').exec(body)?.[1] ?? 0);
    return { requests: valueOf('model_predictions_total'), movies: valueOf('recommendations_served_total') };
  };
  const before = await count();
  await api.call('GET', '/?k=3');
  const after = await count();
  expect([after.requests - before.requests, after.movies - before.movies]).toEqual([1, 3]);
});

describe('when the model server cannot answer', () => {
  const unavailable = { status: 503, body: { detail: 'serving is not available; try again shortly' } };

  test('because it has no model yet or takes too long: 503 with when to come again', async () => {
    serving.answer = { status: 503, body: {} };
    const answer = await api.call('GET', '/?k=3');
    expect(answer).toMatchObject(unavailable);
    expect(answer.headers.get('retry-after')).toBe('2');
    serving.answer = 'hang';
    expect(await api.call('GET', '/?k=3')).toMatchObject(unavailable);
  });

  test('for a reason that it gives: with that reason', async () => {
    const detail = 'no loaded model of route default answers for user shop:new';
    serving.answer = { status: 503, body: { type: '/problems/service-unavailable', title: 'Service unavailable', status: 503, detail } };
    expect(await api.call('GET', '/api/v1/recommendations?user_id=shop:new')).toMatchObject({ status: 503, body: { detail } });
  });

  test('because it answers what is not agreed: 500 that tells nothing of the inside', async () => {
    serving.answer = { status: 200, body: { wrong: true } };
    const { status, body } = await api.call('GET', '/?k=3');
    expect({ status, detail: body.detail }).toEqual({
      status: 500,
      detail: 'Something went wrong here; the log has it under this request id',
    });
  });
});
