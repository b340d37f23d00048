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
  expect((await get('ml-1m:17')).body).toEqual({ user_id: 'ml-1m:17', age: 35, source: 'api', updated_at: expect.any(String) });
  await put('ml-1m:17', { age: null });
  expect((await get('ml-1m:17')).body.age).toBeNull();
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
