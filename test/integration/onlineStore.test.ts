import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BatchGivenUp, type EntityRow, type OnlineStore } from '../../domain/features/online/store.ts';
import { createPostgresStore } from '../../domain/features/online/postgresStore.ts';
import { createRedisStore } from '../../domain/features/online/redisStore.ts';
import { createRedis } from '../../platform/redis.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { describeEachOnlineStore } from '../support/optionalPrograms.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

let views = 0;
const newView = () => `view_${(views += 1)}`;
const row = (entityId: string, text: string, eventMs = 1_000, createdMs = 1): EntityRow => ({ entityId, text, eventMs, createdMs });

describeEachOnlineStore('the online store in %s', (_, redis) => {
  let opened: OnlineStore | undefined;
  beforeAll(() => {
    opened = redis ? createRedisStore(createRedis({ url: redis.url, log: silentLog })) : createPostgresStore(database.pool);
  });
  afterAll(() => opened?.close());
  const store = () => opened!;
  const texts = async (view: string, ...entityIds: string[]) =>
    (await store().read(entityIds.map((entityId) => ({ view, entityId })))).map((found) => found?.text);
  async function load(view: string, batch: string, rows: readonly EntityRow[]) {
    await store().begin(view, batch);
    await store().stage(view, batch, rows);
    await store().commit(view, batch);
  }

  test('gives what was pushed in the order that it was asked for, of several views in one look, and nothing for the rest', async () => {
    const [a, b] = [newView(), newView()];
    const odd = 'naïve "\u{1F600}": 1,2';
    await store().push(a, [row('1', 'one', -86_400_000, 5), row(odd, 'odd')]);
    await store().push(b, [row('1', 'other')]);
    expect(await store().read([a, b, a, a].map((view, at) => ({ view, entityId: ['1', '1', 'nobody', odd][at]! })))).toEqual([
      { text: 'one', eventMs: -86_400_000, createdMs: 5 },
      { text: 'other', eventMs: 1_000, createdMs: 1 },
      undefined,
      { text: 'odd', eventMs: 1_000, createdMs: 1 },
    ]);
    expect(await store().read([])).toEqual([]);
  });

  test('forgets an entity, readable or staged, and gives up a batch that stands at it', async () => {
    const view = newView();
    const gone = 'gone "\u{1F600}"';
    const before = new Date(500_000);
    await store().push(view, [row(gone, 'pushed'), row('stays', 'stays')]);
    expect(await store().holds(view, gone, before)).toBe(true);
    expect(await store().holds(view, gone, new Date(0))).toBe(false);
    await store().begin(view, 'open');
    await store().stage(view, 'open', [row('a', 'a'), row(gone, 'staged', 2_000)]);
    expect(await store().forget(view, gone)).toBeGreaterThan(1);
    expect([await store().holds(view, gone, before), await texts(view, gone, 'stays')]).toEqual([false, [undefined, 'stays']]);
    await expect(store().stage(view, 'open', [row('z', 'z')])).rejects.toThrow(BatchGivenUp);
    await expect(store().commit(view, 'open')).rejects.toThrow(BatchGivenUp);
    await load(view, 'next', [row('z', 'z')]);
    expect(await texts(view, gone, 'stays', 'z')).toEqual([undefined, 'stays', 'z']);
    expect(await store().forget(view, gone)).toBe(0);
  });

  test.each([
    ['pushed', 'pushed'],
    ['pushed', 'loaded'],
    ['loaded', 'pushed'],
    ['loaded', 'loaded'],
  ])('keeps the latest row, by event time and then by making, when one is %s and another %s', async (first, second) => {
    const write = (how: string, view: string, batch: string, rows: EntityRow[]) =>
      how === 'pushed' ? store().push(view, rows) : load(view, batch, rows);
    const view = newView();
    const ids = ['event', 'made', 'same', 'before 1970', 'far future'];
    await write(first, view, '1', [
      row('event', 'late event', 2_000, 1),
      row('made', 'made late', 1_000, 2),
      row('same', 'first', 1_000, 1),
      row('before 1970', 'old', -2_000, 1),
      row('far future', 'old', 2_000, 1),
    ]);
    await write(second, view, '2', [
      row('event', 'early event', 1_999, 9),
      row('made', 'made early', 1_000, 1),
      row('same', 'second', 1_000, 1),
      row('before 1970', 'new', -1_000, 1),
      row('far future', 'new', 253_402_300_799_000, 1),
    ]);
    expect(await texts(view, ...ids)).toEqual(['late event', 'made late', 'second', 'new', 'new']);
  });

  test('of one entity given twice at once keeps the later row', async () => {
    const view = newView();
    await store().push(view, [row('1', 'late', 2_000), row('1', 'early', 1_000), row('2', 'a'), row('2', 'b')]);
    expect(await texts(view, '1', '2')).toEqual(['late', 'b']);
  });

  test('shows a batch as a whole once it is committed, and what was pushed meanwhile at once', async () => {
    const view = newView();
    await load(view, 'first', [row('1', 'old'), row('2', 'old'), row('3', 'old'), row('4', 'old')]);
    await store().begin(view, 'second');
    await store().stage(view, 'second', [row('1', 'new', 2_000), row('2', 'new', 2_000), row('5', 'new', 2_000)]);
    await store().push(view, [row('2', 'pushed', 3_000), row('3', 'pushed', 3_000), row('5', 'pushed', 1_500), row('4', 'pushed', 1_500)]);
    await store().stage(view, 'second', [row('3', 'new', 2_000), row('4', 'new', 2_000)]);
    expect(await texts(view, '1', '2', '3', '4', '5')).toEqual(['old', 'pushed', 'pushed', 'pushed', 'pushed']);
    await store().commit(view, 'second');
    expect(await texts(view, '1', '2', '3', '4', '5')).toEqual(['new', 'pushed', 'pushed', 'new', 'new']);
  });

  test('goes on with a batch where it stopped', async () => {
    const view = newView();
    expect(await store().begin(view, 'run')).toBeNull();
    await store().stage(view, 'run', [row('1', 'a'), row('2', 'a')]);
    expect(await store().begin(view, 'run')).toBe('2');
    await store().stage(view, 'run', [row('2', 'a'), row('3', 'a')]);
    expect(await store().isFilled(view)).toBe(false);
    await store().commit(view, 'run');
    expect([await store().isFilled(view), await texts(view, '1', '2', '3')]).toEqual([true, ['a', 'a', 'a']]);
  });

  test('forgets a batch that was given up for another, and refuses its writer', async () => {
    const view = newView();
    await load(view, 'zero', [row('1', 'zero'), row('2', 'zero'), row('3', 'zero')]);
    await store().begin(view, 'lost');
    await store().stage(view, 'lost', [row('1', 'lost', 2_000), row('2', 'lost', 2_000), row('3', 'lost', 2_000), row('4', 'lost')]);
    expect(await store().begin(view, 'next')).toBeNull();
    await expect(store().stage(view, 'lost', [row('1', 'lost', 9_000)])).rejects.toThrow(BatchGivenUp);
    await expect(store().commit(view, 'lost')).rejects.toThrow(BatchGivenUp);
    await store().stage(view, 'next', [row('1', 'next', 1_500)]);
    await store().push(view, [row('2', 'pushed', 1_500)]);
    await store().commit(view, 'next');
    await load(view, 'after', [row('9', 'after')]);
    expect(await texts(view, '1', '2', '3', '4')).toEqual(['next', 'pushed', 'zero', undefined]);
  });

  test('shows no reader half a batch, however large', async () => {
    const view = newView();
    const ids = Array.from({ length: 5_000 }, (_, at) => String(10_000 + at));
    const batch = (text: string, eventMs: number) => ids.map((id) => row(id, text, eventMs));
    await load(view, '0', batch('batch 0', 0));
    const seen = new Set<string>();
    let isLoading = true;
    let reads = 0;
    const reading = (async () => {
      while (isLoading) {
        seen.add([...new Set(await texts(view, ...ids))].join(' and '));
        reads += 1;
      }
    })();
    for (let n = 1; n <= 5; n += 1) await load(view, String(n), batch(`batch ${n}`, n));
    isLoading = false;
    await reading;
    expect(reads).toBeGreaterThan(5);
    expect([...seen].filter((what) => !/^batch \d$/.test(what))).toEqual([]);
  });

  test('lets many push at once, and keeps the latest of each', async () => {
    const view = newView();
    const ids = Array.from({ length: 50 }, (_, at) => String(at));
    const pushes = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? ids : [...ids].reverse()).map((id) => row(id, `push ${n}`, n)));
    await Promise.all(pushes.map((rows) => store().push(view, rows)));
    expect(new Set(await texts(view, ...ids))).toEqual(new Set(['push 39']));
  });

  test('has what was pushed within 100 ms', async () => {
    const view = newView();
    const times: number[] = [];
    for (let n = 0; n < 50; n += 1) {
      const startedAt = performance.now();
      await store().push(view, [row('1', `push ${n}`, n)]);
      expect(await texts(view, '1')).toEqual([`push ${n}`]);
      times.push(performance.now() - startedAt);
    }
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(busyBound(100));
  });

  if (redis)
    test('Redis killed in the middle of a batch: calls fail at once, then the batch goes on from the last chunk, and nobody sees half of it', async () => {
      const store = opened!;
      const view = newView();
      const all = () => store.read(['1', '2', '3'].map((entityId) => ({ view, entityId })));
      const texts = async () => (await all()).map((found) => found?.text);
      await store.begin(view, 'old');
      await store.stage(view, 'old', [row('1', 'old'), row('2', 'old'), row('3', 'old')]);
      await store.commit(view, 'old');
      await store.begin(view, 'new');
      await store.stage(view, 'new', [row('1', 'new'), row('2', 'new')]);

      await redis.kill();
      const startedAt = performance.now();
      await expect(store.stage(view, 'new', [row('3', 'new')])).rejects.toMatchObject({ name: 'RedisUnavailable' });
      await expect(texts()).rejects.toMatchObject({ name: 'RedisUnavailable' });
      expect(performance.now() - startedAt).toBeLessThan(busyBound(1_000));
      await redis.start();
      await waitFor('Redis', () => store.check());

      expect(await texts()).toEqual(['old', 'old', 'old']);
      expect(await store.begin(view, 'new')).toBe('2');
      await store.stage(view, 'new', [row('3', 'new')]);
      expect(await texts()).toEqual(['old', 'old', 'old']);
      await store.commit(view, 'new');
      expect(await texts()).toEqual(['new', 'new', 'new']);
    });
});
