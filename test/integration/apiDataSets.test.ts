import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dataSetSchema } from '../../contracts/dataSets.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
  await database.pool.query(
    `insert into data_sets (name, dataset, format, run_id, row_counts) values ('ml-1m', 'ml-1m', 'dat', 'import/a', '{"ratings": 1}')`,
  );
  await database.pool.query(`insert into movies (movie_id, title, source) values (1, 'One', 'ml-1m')`);
  await database.pool.query(`insert into ratings values ('ml-1m:1', 1, 4, '2000-01-01Z', 'ml-1m')`);
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});
const PATH = '/api/v1/data/sets';

test('sets are listed, shown and removed; one that is not there, or is no name, is said', async () => {
  const listed = await api.call<{ sets: unknown[] }>('GET', PATH);
  expect(listed.body.sets.map((set) => dataSetSchema.parse(set))).toMatchObject([{ name: 'ml-1m', row_counts: { ratings: 1 } }]);
  expect((await api.call('GET', `${PATH}/ml-1m`)).body).toEqual(listed.body.sets[0]);
  expect((await api.call('DELETE', `${PATH}/ml-1m`)).body).toEqual({ name: 'ml-1m', ratings: 1, users: 0, movies: 1 });
  for (const method of ['GET', 'DELETE'] as const) expect((await api.call(method, `${PATH}/ml-1m`)).status).toBe(404);
  expect((await api.call('GET', `${PATH}/No%20name`)).status).toBe(422);
  expect((await api.call('GET', PATH)).body).toEqual({ sets: [] });
});

test('matches of 100K are listed by rule and decided; a movie that is not there, or no id, is said', async () => {
  const matches = '/api/v1/data/matches';
  await database.pool.query(`insert into movies (movie_id, title, release_year, source) values (2, 'Two', 1977, 'movielens')`);
  await database.pool.query(`insert into movie_external_ids values ('ml-100k', '50', 2, 'part_of_title'), ('movielens', '2', 2, null)`);
  const match = { external_id: '50', movie_id: '2', title: 'Two', release_year: 1977, matched_by: 'part_of_title' };
  expect((await api.call('GET', matches)).body).toEqual({ matches: [match] });
  expect((await api.call('GET', `${matches}?matched_by=none`)).body).toEqual({ matches: [] });
  expect((await api.call('GET', `${matches}?matched_by=magic`)).status).toBe(422);
  expect((await api.call('PUT', `${matches}/50`, { json: { movie_id: null } })).body).toMatchObject({ external_id: '50', movie_id: null });
  expect((await api.call('PUT', `${matches}/50`, { json: { movie_id: '404' } })).status).toBe(404);
  expect((await api.call('PUT', `${matches}/fifty`, { json: { movie_id: null } })).status).toBe(422);
  const { rows } = await database.pool.query('select external_id, movie_id from title_decisions');
  expect(rows).toEqual([{ external_id: '50', movie_id: null }]);
});
