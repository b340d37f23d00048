import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { createHealth } from '../../platform/health.ts';
import { createHttpApp, listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { isDatabaseUnavailable, isDataRefused } from '../../platform/postgres.ts';
import { OPEN_ACCESS } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('create table limits (key text primary key, short varchar(3))');
});
afterAll(() => database.drop());

/** Random, since Postgres would press a long repetition into an index. */
const longKey = () => Array.from({ length: 400 }, () => Math.random().toString(36).slice(2)).join('');
const REFUSED: [string, string, unknown[]][] = [
  ['54000: a key too long for an index', 'insert into limits (key) values ($1)', [longKey()]],
  ['54001: JSON nested too deep', 'select $1::jsonb', ['['.repeat(200_000) + ']'.repeat(200_000)]],
  ['22001: text too long for its column', 'insert into limits (key, short) values ($1, $2)', ['a', 'four']],
  ['22P05: a character that jsonb refuses', 'select $1::jsonb', [JSON.stringify('\0')]],
  ['22003: a number out of range', 'select $1::integer', ['99999999999']],
];

test.each(REFUSED)('%s is a refusal of the datum', async (name, sql, values) => {
  const error = await database.pool.query(sql, values).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: name.slice(0, 5) });
  expect([isDataRefused(error), isDatabaseUnavailable(error)]).toEqual([true, false]);
});

test.each([
  ['42P01: a table that is not there', 'select from nowhere'],
  ['57014: a statement that was ended', `set statement_timeout = 1; select pg_sleep(1)`],
])('%s is not', async (name, sql) => {
  const connection = await database.pool.connect();
  const error = await connection.query(sql).catch((reason: unknown) => reason);
  connection.release(true);
  expect(error).toMatchObject({ code: name.slice(0, 5) });
  expect(isDataRefused(error)).toBe(false);
});

test('a request that brings such a datum is answered 422; one that only reads found a fault of ours', async () => {
  const routes = express.Router();
  const insert = () => database.pool.query('insert into limits (key) values ($1)', [longKey()]);
  routes.post('/', async () => void (await insert()));
  routes.get('/', async () => void (await insert()));
  const app = createHttpApp({ log: silentLog, metrics: createMetrics('api'), health: createHealth(), access: OPEN_ACCESS, routes });
  const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
  const answers = await Promise.all(['POST', 'GET'].map((method) => fetch(`http://127.0.0.1:${server.port}/`, { method })));
  await server.close();
  expect(answers.map(({ status }) => status)).toEqual([422, 500]);
});
