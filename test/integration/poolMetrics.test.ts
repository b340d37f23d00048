import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { measurePools } from '../../platform/poolMetrics.ts';
import { createPool, POOL_WAITS, withTransaction, type Pool } from '../../platform/postgres.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: Pool;
const registry = new Registry();

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, poolSize: 1, log: silentLog, waits: POOL_WAITS.step });
  measurePools(registry, { step: pool });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const lineOf = async (name: string) => Number(new RegExp(`^${name}\\{pool="step"\\} (\\S+)$`, 'm').exec(await registry.metrics())?.[1]);
const figures = async () => ({
  active: await lineOf('database_connections_active'),
  idle: await lineOf('database_connections_idle'),
  waiting: await lineOf('database_requests_waiting'),
});

test('a pool shows what is in use, idle and waited for', async () => {
  expect(await figures()).toEqual({ active: 0, idle: 0, waiting: 0 });
  await withTransaction(pool, async (db) => {
    await db.query('select 1');
    const other = pool.query('select 2');
    expect(await figures()).toEqual({ active: 1, idle: 0, waiting: 1 });
    void other.then(() => undefined);
  });
  await pool.query('select 3');
  expect(await figures()).toEqual({ active: 0, idle: 1, waiting: 0 });
});

test('each statement is timed, of transactions too, and one that fails', async () => {
  const count = () => lineOf('database_query_duration_seconds_count');
  const before = await count();
  await pool.query('select pg_sleep(0.03)');
  await expect(pool.query('select nothing from nowhere')).rejects.toThrow('nowhere');
  expect(await count()).toBe(before + 2);
  await withTransaction(pool, (db) => db.query('select 1'));
  expect(await count()).toBe(before + 5); // begin, select, commit
  expect(await lineOf('database_query_duration_seconds_sum')).toBeGreaterThan(0.03);
});
