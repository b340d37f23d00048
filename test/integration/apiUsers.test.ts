import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { User } from '../../contracts/users.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const put = (user: string, json: unknown) => api.call('PUT', `/api/v1/users/${encodeURIComponent(user)}`, { json });
const get = (user: string) => api.call<User>('GET', `/api/v1/users/${encodeURIComponent(user)}`);

test('an age that was set is read again, and can be taken back', async () => {
  expect(await put('ml-1m:17', { age: 35 })).toMatchObject({ status: 200, body: { user_id: 'ml-1m:17', age: 35, source: 'api' } });
  expect((await get('ml-1m:17')).body).toEqual({ user_id: 'ml-1m:17', age: 35, source: 'api', choices: 0, updated_at: expect.any(String) });
  await put('ml-1m:17', { age: null });
  expect((await get('ml-1m:17')).body.age).toBeNull();
});

test('who only came with a set, or only did something, is known by that', async () => {
  await database.pool.query(`insert into movies (movie_id, title, source) values (1, 'One', 'test'), (2, 'Two', 'test')`);
  await database.pool.query(`insert into ratings (user_id, movie_id, rating, rated_at, source) values
    ('store:c1', 1, 4, '2024-01-01T00:00:00Z', 'store'), ('store:c1', 2, 5, '2024-01-02T00:00:00Z', 'store')`);
  await database.pool.query(`insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
    values (gen_random_uuid(), 'visitor', 1, 'dislike', '2024-01-03T00:00:00Z')`);
  const store = { user_id: 'store:c1', age: null, source: 'store', choices: 2, updated_at: '2024-01-02T00:00:00.000Z' };
  expect(await get('store:c1')).toMatchObject({ status: 200, body: store });
  const visitor = { user_id: 'visitor', age: null, source: 'api', choices: 1, updated_at: '2024-01-03T00:00:00.000Z' };
  expect((await get('visitor')).body).toEqual(visitor);
  expect((await put('store:c1', { age: 40 })).body).toMatchObject({ age: 40, choices: 2 });
});

test('a session is what its sender says, and without a name it ends with 30 minutes in which the user did nothing', async () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
  const events: [minutes: number, movie: number | null, session: string | null][] = [
    [0, 1, null],
    [30, 2, null], // no longer than 30 minutes after
    [31, null, null],
    [62, 1, null], // longer
    [10, 1, 'morning'],
    [500, 1, 'morning'],
    [20, 3, 'other'],
    [60 * 24 * 365 * 60, 1, null], // of the future
  ];
  for (const [minutes, movie, session] of events.toReversed()) {
    await database.pool.query(
      movie === null
        ? `insert into searches (event_id, user_id, query, session_id, occurred_at) values (gen_random_uuid(), 'sitting', 'q', $1, $2)`
        : `insert into interactions (event_id, user_id, movie_id, interaction_type, session_id, occurred_at)
           values (gen_random_uuid(), 'sitting', ${movie}, 'view', $1, $2)`,
      [session, at(minutes)],
    );
  }
  const session = (session_id: string | null, from: number, to: number, counts: [number, number, number]) => ({
    ...{ session_id, started_at: at(from), ended_at: at(to), events: counts[0], movies: counts[1], searches: counts[2] },
  });
  expect((await api.call('GET', '/api/v1/users/sitting/sessions')).body).toEqual({
    sessions: [
      session('morning', 10, 500, [2, 1, 0]),
      session(null, 62, 62, [1, 1, 0]),
      session(null, 0, 31, [3, 2, 1]),
      session('other', 20, 20, [1, 1, 0]),
    ],
  });
  expect((await api.call<{ sessions: unknown[] }>('GET', '/api/v1/users/sitting/sessions?limit=1')).body.sessions).toHaveLength(1);
  expect((await api.call('GET', '/api/v1/users/nobody/sessions')).body).toEqual({ sessions: [] });
});

test('of whom nothing is known: 404', async () => {
  expect(await get('nobody')).toMatchObject({ status: 404, body: { detail: 'Nothing is known of user nobody' } });
});

test.each([
  [{ age: -1 }, 'body.age'],
  [{ age: 131 }, 'body.age'],
  [{ age: 30.5 }, 'body.age'],
  [{ age: '30' }, 'body.age'],
  [{}, 'body.age'],
])('%j is refused by its field', async (json, field) => {
  expect(await put('7', json)).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ field })] } });
});

test('an unknown field, and an id that nothing can hold, are refused', async () => {
  expect((await put('7', { age: 30, shoe: 43 })).status).toBe(422);
  expect((await put('x'.repeat(201), { age: 30 })).status).toBe(422);
  expect((await put('a\u0001b', { age: 30 })).status).toBe(422);
});
