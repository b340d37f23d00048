import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { UserInteractionEvent } from '../../contracts/events.ts';
import { recordInteractions } from '../../domain/events/interactions.ts';
import { DEFINITIONS, findView } from '../../domain/features/definitions.ts';
import { openOnlineStore } from '../../domain/features/online/openOnlineStore.ts';
import { createTrendPusher } from '../../domain/features/online/pushTrends.ts';
import { listTrends, removeOldTrends } from '../../domain/trends/trends.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query(`
    truncate interactions, trend_latest, trend_counts, ratings, movies, edited_movies, movie_external_ids, gone_movies;
    insert into movies (movie_id, title, genres, source) select n, 'Movie ' || n, '{Drama}', 'test' from generate_series(1, 5) n`);
});

const MINUTE_MS = 60_000;
const chose = (user: string, movie: number, over: Partial<UserInteractionEvent> & { agoMs?: number } = {}): UserInteractionEvent => {
  const { agoMs = 0, ...rest } = over;
  return {
    ...{ event_id: randomUUID(), user_id: user, movie_id: String(movie), interaction_type: 'click' },
    ...{ timestamp: new Date(Date.now() - agoMs).toISOString(), ...rest },
  };
};
const record = (...events: UserInteractionEvent[]) => recordInteractions(database.pool, events);
const trends = async (window: 'hour' | 'day') =>
  (await listTrends(database.pool, window, 10)).map(({ movieId, users }) => [movieId, users]);
/** What is counted is what a count of the rows gives. */
async function expectTrueCounts() {
  const { rows } = await database.pool.query(`
    select bucket, movie_id, users from trend_counts where users <> 0
    except select bucket, movie_id, count(*)::int from trend_latest group by bucket, movie_id`);
  expect(rows).toEqual([]);
}

test('a movie trends by how many users chose it in the last hour and day, each once, however often they did', async () => {
  await record(
    ...Array.from({ length: 1_000 }, (_, n) => chose('one', 1, { agoMs: (n % 50) * MINUTE_MS })),
    ...['a', 'b'].map((user) => chose(user, 2, { agoMs: 10 * MINUTE_MS })),
    ...['a', 'b', 'c'].map((user) => chose(user, 3, { agoMs: 3 * 60 * MINUTE_MS })),
  );
  for (let n = 0; n < 20; n += 1) await record(chose('one', 1));
  expect(await trends('hour')).toEqual([
    ['2', 2],
    ['1', 1],
  ]);
  expect(await trends('day')).toEqual([
    ['3', 3],
    ['2', 2],
    ['1', 1],
  ]);
  await expectTrueCounts();
});

test('the same event again, alone or with others, counts once; one who comes back counts from then on', async () => {
  const first = chose('a', 1, { agoMs: 2 * 60 * MINUTE_MS });
  expect(await record(first)).toBe(1);
  expect(await record(first, first, chose('b', 1, { agoMs: 2 * 60 * MINUTE_MS }))).toBe(1);
  expect([await trends('hour'), await trends('day')]).toEqual([[], [['1', 2]]]);
  await record(chose('a', 1));
  await record(chose('a', 1, { agoMs: 90 * MINUTE_MS })); // late
  expect([await trends('hour'), await trends('day')]).toEqual([[['1', 1]], [['1', 2]]]);
  await expectTrueCounts();
});

test('what is no choice, is long ago, lies far ahead, or is of a movie that the catalogue lacks or lost, trends nowhere', async () => {
  await record(
    chose('a', 1, { interaction_type: 'dislike' }),
    chose('a', 2, { interaction_type: 'skip' }),
    chose('a', 3, { agoMs: 25 * 60 * MINUTE_MS }),
    chose('a', 3, { agoMs: -25 * 60 * MINUTE_MS }),
    chose('a', 4, { interaction_type: 'rating', rating: 1 }), // having rated it is having chosen it
    chose('a', 5),
    chose('a', 77),
  );
  await database.pool.query('insert into gone_movies (movie_id) values (5)');
  expect(await trends('day')).toEqual([['4', 1]]);
});

test('an event that is a little ahead counts as of now, so that nobody makes a movie trend for longer', async () => {
  await record(chose('a', 1, { agoMs: -23 * 60 * MINUTE_MS }));
  expect(await trends('hour')).toEqual([['1', 1]]);
  const { rows } = await database.pool.query('select from trend_latest where bucket > now()');
  expect(rows).toEqual([]);
});

test('many writers at once, of the same movies in other orders, count right', async () => {
  for (let round = 0; round < 3; round += 1) {
    // Some have chosen a movie before, and some have not: counts go down and up.
    await database.pool.query(`update trend_latest set bucket = bucket - interval '10 minutes' where movie_id % 2 = $1`, [round % 2]);
    const batches = Array.from({ length: 8 }, (_, writer) =>
      Array.from({ length: 40 }, (_each, n) => chose(`u${(round + n) % 9}`, 1 + (((writer + 1) * n) % 5))),
    );
    await Promise.all(batches.map((batch) => record(...batch)));
  }
  await expectTrueCounts();
  const { rows } = await database.pool.query<{ movie: string; users: number }>(
    'select movie_id::text as movie, count(distinct user_id)::int as users from interactions group by movie_id order by 1',
  );
  expect((await trends('day')).toSorted()).toEqual(rows.map(({ movie, users }) => [movie, users]));
});

test('two transactions that count the same movies in another order end both', async () => {
  const { pool } = database;
  const [one, other] = [await pool.connect(), await pool.connect()];
  await one.query('begin');
  await recordInteractions(one, [chose('a', 1)]);
  let isCounted = false;
  const second = (async () => {
    await other.query('begin');
    await recordInteractions(other, [chose('b', 2)]);
    isCounted = true;
    await recordInteractions(other, [chose('b', 1)]);
    await other.query('commit');
  })();
  const waits = `select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`;
  await waitFor(
    'the second to have counted, or to wait for its turn',
    async () => isCounted || ((await pool.query(waits)).rowCount ?? 0) > 0,
  );
  const first = (async () => {
    await recordInteractions(one, [chose('a', 2)]);
    await one.query('commit');
  })();
  const ended = await Promise.allSettled([first, second]);
  [one, other].forEach((connection) => connection.release(true));
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(await trends('hour')).toEqual([
    ['1', 2],
    ['2', 2],
  ]);
});

test('what no window has any more is removed, and whoever is removed counts no longer', async () => {
  await record(chose('a', 1), chose('b', 1), chose('b', 2));
  await database.pool.query(`update trend_latest set bucket = bucket - interval '26 hours' where user_id = 'b' and movie_id = 1`);
  await expectTrueCounts();
  expect(await removeOldTrends(database.pool)).toBe(2); // of the user, and the count
  await database.pool.query(`delete from trend_latest where user_id = 'b'`);
  expect(await trends('day')).toEqual([['1', 1]]);
  await expectTrueCounts();
});

test('what trends is an online feature, which falls as time passes', async () => {
  const { pool } = database;
  const store = openOnlineStore({ redisUrl: undefined, pool, log: silentLog });
  const push = createTrendPusher({ db: pool, store, view: findView(DEFINITIONS, 'movie_trends') });
  const read = async () => (await api.call<{ features: Record<string, unknown> }>('GET', '/api/v1/features/movie/1')).body.features;
  await record(chose('a', 1), chose('b', 1), chose('c', 1, { agoMs: 120 * MINUTE_MS }));
  expect(await push()).toBe(1);
  expect(await read()).toMatchObject({ trending_hour: 2, trending_day: 3 });
  expect(await push()).toBe(0); // nothing has changed
  await pool.query(`update trend_latest set bucket = bucket - interval '25 hours'`);
  expect(await push()).toBe(1);
  expect(await read()).toMatchObject({ trending_hour: 0, trending_day: 0 });
});

describe('by HTTP', () => {
  test('movies that trend come with their titles, the most chosen first', async () => {
    await record(chose('a', 2), chose('b', 2), chose('a', 1, { agoMs: 90 * MINUTE_MS }));
    const movie = (id: string, users: number) => ({
      ...{ movie_id: id, title: `Movie ${id}`, genres: ['Drama'], release_year: null, poster_url: null, users },
    });
    expect((await api.call('GET', '/api/v1/movies/trending')).body).toEqual({ window: 'day', movies: [movie('2', 2), movie('1', 1)] });
    expect((await api.call('GET', '/api/v1/movies/trending?window=hour')).body).toEqual({ window: 'hour', movies: [movie('2', 2)] });
    expect((await api.call('GET', '/api/v1/movies/trending?limit=1')).body).toMatchObject({ movies: [{ movie_id: '2' }] });
  });

  test.each([
    ['window=week', 'query.window'],
    ['limit=501', 'query.limit'],
    ['limit=many', 'query.limit'],
  ])('%s is refused, and the field is named', async (query, field) => {
    const { status, body } = await api.call('GET', `/api/v1/movies/trending?${query}`);
    expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
  });
});
