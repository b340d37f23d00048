import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { enqueueTogether } from '../../domain/events/enqueueTogether.ts';
import type { OutboxEvent } from '../../domain/events/outbox.ts';
import type { Database } from '../../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate outbox'));

const event = (key: string): OutboxEvent => ({
  id: randomUUID(),
  topic: 'user-events',
  key,
  type: 'test',
  payload: { timestamp: '2026-01-01T00:00:00.000Z' },
});

/** The database, where the first statement waits until it is let through; knows how many events each has. */
function gated(fail?: Error) {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const statements: number[] = [];
  const db = {
    query: async (sql: string, values: unknown[]) => {
      const [ids] = values;
      const isFirst = statements.push(Array.isArray(ids) ? ids.length : 1) === 1;
      if (isFirst) await gate;
      if (isFirst && fail) throw fail;
      return database.pool.query(sql, values);
    },
  } as unknown as Database;
  return { db, open, statements };
}

const keys = async () =>
  (await database.pool.query<{ key: string }>('select aggregateid as key from outbox order by seq')).rows.map((row) => row.key);
const outcomes = (callers: readonly Promise<unknown>[]) =>
  Promise.allSettled(callers).then((all) => all.map((one) => (one.status === 'fulfilled' ? 'durable' : (one.reason as Error).message)));

test('callers who come while a statement is under way share the next one, each in its place, and are told when theirs are durable', async () => {
  const { db, open, statements } = gated();
  const enqueue = enqueueTogether(db);
  const callers = [enqueue([event('a')]), enqueue([event('b'), event('c')]), enqueue([event('d')])];
  open();
  expect(await outcomes(callers)).toEqual(['durable', 'durable', 'durable']);
  expect({ keys: await keys(), statements }).toEqual({ keys: ['a', 'b', 'c', 'd'], statements: [1, 3] });
});

test('a caller whose data the database refuses is told alone', async () => {
  const { db, open } = gated();
  const enqueue = enqueueTogether(db);
  const callers = [enqueue([event('a')]), enqueue([event('b')]), enqueue([event('with\u0000nothing')]), enqueue([event('c')])];
  open();
  expect(await outcomes(callers)).toEqual(['durable', 'durable', expect.stringContaining('invalid byte sequence'), 'durable']);
  expect((await keys()).sort()).toEqual(['a', 'b', 'c']);
});

test('where the database is away all who wait for it are told at once, and the next one is tried', async () => {
  const { db, open, statements } = gated(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
  const enqueue = enqueueTogether(db);
  const callers = [enqueue([event('a')]), enqueue([event('b')])];
  open();
  expect(await outcomes(callers)).toEqual(['connect ECONNREFUSED', 'connect ECONNREFUSED']);
  expect(statements).toEqual([1]);
  await enqueue([event('c')]);
  expect(await keys()).toEqual(['c']);
});

test("no caller's events are in two statements: no more share one than it holds", async () => {
  const { db, open, statements } = gated();
  const enqueue = enqueueTogether(db);
  const many = (name: string) => enqueue(Array.from({ length: 600 }, (_, n) => event(`${name} ${n}`)));
  const callers = [enqueue([event('a')]), many('b'), many('c')];
  open();
  expect(await outcomes(callers)).toEqual(['durable', 'durable', 'durable']);
  expect(statements).toEqual([1, 600, 600]);
});
