import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddedRule, ServingRule } from '../../contracts/ordering.ts';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import type { RecommendationTrace } from '../../contracts/served.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { Access } from '../../platform/config.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';
import { scoringHere } from '../support/scoringHere.ts';

const credentials: Access['credentials'] = [
  { name: 'anna', role: 'operator', secret: 'operates' },
  { name: 'ben', role: 'viewer', secret: 'views' },
];
const access = { ...OPEN_ACCESS, credentials };
const ANNA = { 'x-api-key': 'operates' };
const BEN = { 'x-api-key': 'views' };

let database: TestDatabase;
let folder: string;
let api: TestApi;
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-rules-'));
  const tensorflow = loadTensorflow('cpu');
  const blobs = createBlobStore(`file:${folder}`);
  for (const kind of ['popularity', 'ease'] as const)
    await promoteModel(database.pool, await trainTinyModel({ blobs, tf: tensorflow.tf }, kind), `training/rules/${kind}`);
  // Odd ones are comedies; movie 1 is of 2001, movie 20 of 2020.
  await database.pool.query(
    `insert into movies (movie_id, title, genres, release_year, source)
     select id::int, 'Movie ' || id, array[case when id::int % 2 = 1 then 'Comedy' else 'Horror' end], 2000 + id::int, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  const context = { log: silentLog, metrics: createMetrics('serving'), health: createHealth() };
  const connection = { url: database.url, poolSize: 4, external: true };
  const settings = { database: connection, blobUrl: `file:${folder}`, stateDir: folder, access, tensorflow };
  const serving = connectServing(settings, context, scoringHere(settings));
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${server.port}`;
  stop = async () => {
    await server.close();
    await serving.close();
  };
  api = await startTestApi({ database: connection, servingUrl: url, access });
  await waitFor('the models', async () => (await recommended({ filter: { genres: ['Comedy'] } })) !== '');
});
afterAll(async () => {
  await api?.stop();
  await stop?.();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  const { body } = await call<{ rules: ServingRule[] }>('GET', '');
  for (const { rule_id } of body.rules) await call('DELETE', `/${rule_id}`);
  await waitFor('no rule to be in force', async () => (await recommended({ k: 4 })) === '1,2,3,4');
});

const call = <T>(method: string, at: string, json?: unknown, headers = ANNA) =>
  api.call<T>(method, `/api/v1/serving-rules${at}`, { headers, ...(json !== undefined && { json }) });
async function ask<T>(endpoint: string, body: object): Promise<T> {
  const answer = await fetch(`${url}/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...BEN },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as T;
}
const recommended = async (body: object) => {
  const { recommendations = [] } = await ask<RecommendAnswer>('recommend', body);
  return recommendations.map(({ movie_id }) => movie_id).join();
};
/** Adds a rule and waits until its answer is the one expected. */
async function rule(body: object, expected: string, request: object = { k: 4 }) {
  const { status, body: added } = await call<ServingRule>('POST', '', { reason: 'so', ...body });
  expect(status).toBe(200);
  const startedAt = performance.now();
  await waitFor(`${JSON.stringify(body)} to be obeyed`, async () => (await recommended(request)) === expected);
  expect(performance.now() - startedAt).toBeLessThan(busyBound(1_000));
  return added;
}

describe('a rule', () => {
  test('hides by genre and year, on every route, for all users, until it is removed', async () => {
    await rule({ action: 'hide', match: { genres: ['Comedy'], years: { to: 2003 } } }, '2,4,5,6');
    expect(await recommended({ k: 4, route: 'legacy' })).toBe('2,4,5,6');
    expect((await recommended({ k: 20, user_id: 'u2', exclude_seen: false })).split(',')).not.toContain('3');
    expect(await ask('predict', { user_id: 'u2', movie_ids: [1] })).toMatchObject({ unknown_movie_ids: [] });
  });

  test('says how many movies it is about, whatever case its genres are in', async () => {
    const { movies, match } = (await rule({ action: 'hide', match: { genres: ['comedy'], years: { to: 2003 } } }, '2,4,5,6')) as AddedRule;
    const { rows } = await database.pool.query<{ count: number }>(
      `select count(*)::int as count from movies where 'Comedy' = any(genres) and release_year <= 2003`,
    );
    expect([movies, match]).toEqual([rows[0]!.count, { genres: ['Comedy'], years: { to: 2003 } }]);
    const none = await call<AddedRule>('POST', '', { action: 'hide', match: { movie_ids: [4711] }, reason: 'so' });
    expect(none.body.movies).toBe(0);
    const rated = await call<AddedRule>('POST', '', { action: 'boost', strength: 1, match: { rating: { from: 4 } }, reason: 'so' });
    expect(rated.body.movies).toBeNull();
  });

  test('hides by mean rating', async () => {
    const { pool } = database;
    const { rows } = await pool.query<{ count: number }>('select count(*) from serving_rules');
    expect(rows[0]!.count).toBeGreaterThan(0);
    await rule({ action: 'hide', match: { rating: { from: 0.5, to: 5 } } }, '');
  });

  test('blocks a movie in every answer', async () => {
    await rule({ action: 'block', match: { movie_ids: [2] } }, '1,3,4,5');
    expect(await ask('predict', { user_id: 'u2', movie_ids: [1, 2] })).toMatchObject({ unknown_movie_ids: ['2'] });
    expect(JSON.stringify(await ask('similar', { movie_id: 1, k: 19 }))).not.toContain('"2"');
  });

  test('pins movies to a place, but not for whoever has seen them', async () => {
    await rule({ action: 'pin', position: 2, match: { movie_ids: [20, 'movie_019'] } }, '1,20,19,2');
    await database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), 'r1', 20, 'view', now())`,
    );
    const theirs = await ask<RecommendAnswer>('recommend', { user_id: 'r1', k: 4, explain: true });
    expect(theirs.recommendations[2]).toMatchObject({ movie_id: '19', reason: { kind: 'pinned' } });
    expect(theirs.recommendations.map(({ movie_id }) => movie_id)).not.toContain('20');
  });

  test('boosts and takes away', async () => {
    await rule({ action: 'boost', strength: 5, match: { movie_ids: [20] } }, '20,1,2,3');
    await rule({ action: 'boost', strength: -5, match: { genres: ['Comedy'] } }, '20,2,4,6');
  });

  test('ends by itself', async () => {
    const until = new Date(Date.now() + busyBound(1_500)).toISOString();
    await rule({ action: 'hide', until, match: { movie_ids: [1] } }, '2,3,4,5');
    await waitFor('it to end', async () => (await recommended({ k: 4 })) === '1,2,3,4');
    const { body } = await call<{ rules: ServingRule[] }>('GET', '?all=true', undefined, BEN);
    expect(body.rules[0]).toMatchObject({ until, removed_at: null });
  });

  test('stays in the list with who and why, also when it was removed', async () => {
    const added = await rule({ action: 'hide', match: { movie_ids: [1] }, reason: 'a complaint' }, '2,3,4,5');
    await call('DELETE', `/${added.rule_id}?reason=settled`);
    const { body } = await call<{ rules: ServingRule[] }>('GET', '?all=true&limit=1', undefined, BEN);
    expect(body.rules).toMatchObject([
      { rule_id: added.rule_id, created_by: 'anna', reason: 'a complaint', removed_by: 'anna', removed_reason: 'settled' },
    ]);
    expect((await call<{ rules: ServingRule[] }>('GET', '')).body.rules).toEqual([]);
    expect((await call('DELETE', `/${added.rule_id}`)).status).toBe(404);
  });

  test('follows the catalogue: a movie that gets the genre is hidden too', async () => {
    await rule({ action: 'hide', match: { genres: ['Comedy'] } }, '2,4,6,8');
    await database.pool.query(`update movies set genres = '{Comedy}', updated_at = now() where movie_id = 2`);
    await waitFor('the change to be seen', async () => (await recommended({ k: 3 })) === '4,6,8');
    await database.pool.query(`update movies set genres = '{Horror}', updated_at = now() where movie_id = 2`);
  });

  test.each([
    [{ action: 'hide', match: {} }, 'body.match'],
    [{ action: 'hide' }, 'body.match'],
    [{ action: 'burn', match: { movie_ids: [1] } }, 'body.action'],
    [{ action: 'boost', match: { movie_ids: [1] } }, 'body.strength'],
    [{ action: 'boost', strength: 99, match: { movie_ids: [1] } }, 'body.strength'],
    [{ action: 'pin', match: { genres: ['Comedy'] } }, 'body.match.movie_ids'],
    [{ action: 'hide', match: { years: { from: 2010, to: 2000 } } }, 'body.match.years'],
    [{ action: 'hide', match: { movie_ids: [1] }, until: '2020-01-01T00:00:00Z' }, 'body.until'],
    [{ action: 'hide', match: { movie_ids: [1] }, reason: '' }, 'body.reason'],
    [{ action: 'hide', match: { genres: ['Comedies'] } }, 'body.match.genres'],
  ])('%j is refused by its field', async (body, field) => {
    expect(await call('POST', '', { reason: 'so', ...body })).toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([{ field, message: expect.any(String) }]) },
    });
  });

  test('is for operators, and one that is not there is said to be so', async () => {
    expect((await call('POST', '', { action: 'hide', match: { movie_ids: [1] }, reason: 'so' }, BEN)).status).toBe(403);
    expect((await call('DELETE', '/999999')).status).toBe(404);
    expect((await call('POST', '', { action: 'hide', match: { movie_ids: ['shop:none'] }, reason: 'so' })).status).toBe(404);
  });
});

test('the API takes filters and gives titles and reasons; what made the order is told', async () => {
  await database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), 'r2', 5, 'like', now())`,
  );
  const { status, body } = await api.call<RecommendAnswer & { recommendations: { title: string }[] }>(
    'GET',
    '/api/v1/recommendations?user_id=r2&k=3&genres=Horror&year_from=2004&exclude=6,movie_008&diversity=0.5',
    { headers: BEN },
  );
  expect(status).toBe(200);
  expect(body.recommendations.map(({ movie_id }) => Number(movie_id) % 2 === 0 && Number(movie_id) >= 4)).toEqual([true, true, true]);
  expect(body.recommendations.map(({ movie_id }) => movie_id)).not.toContain('8');
  expect(body.recommendations[0]).toMatchObject({
    title: expect.stringMatching(/^Movie/),
    poster_url: null,
    reason: { kind: 'chosen', movie_id: '5', title: 'Movie 5' },
  });
  const trace = await waitFor('the answer to be stored', async () => {
    const found = await api.call<RecommendationTrace>('GET', `/api/v1/recommendations/${body.recommendation_id}`, { headers: BEN });
    return found.status === 200 ? found.body : undefined;
  });
  expect(trace.ordering).toEqual({
    filter: { genres: ['Horror'], years: { from: 2004 }, exclude_ids: ['6', '8'] },
    diversity: 0.5,
  });
  for (const [query, field] of [
    ['diversity=2', 'query.diversity'],
    ['year_from=abc', 'query.year_from'],
    ['genres=', 'query.genres'],
  ] as const)
    expect(await api.call('GET', `/api/v1/recommendations?${query}`, { headers: BEN })).toMatchObject({
      status: 422,
      body: { errors: [{ field }] },
    });
});
