import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { registeredModelDetailSchema, registeredModelSchema } from '../../contracts/registry.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
  await database.pool.query(`insert into registered_models (name, next_version) values ('neural_cf', 2)`);
  await database.pool.query(`insert into model_versions (name, version, source, gate) values ('neural_cf', 1, 'blob:a', $1)`, [
    { passed: true, rules: [] },
  ]);
  await database.pool.query(`insert into model_aliases (name, alias, version) values ('neural_cf', 'champion', 1)`);
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

test('a model is listed and shown with its aliases, versions and verdicts', async () => {
  const { body: list } = await api.call('GET', '/api/v1/models');
  expect(z.object({ models: z.array(registeredModelSchema) }).parse(list)).toMatchObject({
    models: [{ name: 'neural_cf', aliases: { champion: '1' }, latest_versions: [{ version: '1' }] }],
  });
  const { body: model } = await api.call('GET', '/api/v1/models/neural_cf');
  expect(registeredModelDetailSchema.parse(model)).toMatchObject({
    name: 'neural_cf',
    versions: [{ version: '1', aliases: ['champion'], gate: { passed: true }, metrics: {} }],
  });
});

test('one that is not there: 404', async () => {
  expect(await api.call('GET', '/api/v1/models/none')).toMatchObject({
    status: 404,
    body: { detail: 'There is no registered model none' },
  });
});
