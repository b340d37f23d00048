import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createFeastApi } from '../../api/feast/app.ts';
import { DEFINITIONS, findView } from '../../domain/features/definitions.ts';
import { pushRecent } from '../../domain/features/online/pushRecent.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { describeEachOnlineStore } from '../support/optionalPrograms.ts';
import { waitFor } from '../support/waitFor.ts';
import { openOnlineStore } from '../../domain/features/online/openOnlineStore.ts';

const at = '2026-11-23T00:00:00Z';
const movieRows = {
  movie_id: [1, 2, 3],
  event_timestamp: [at, at, at],
  rating: [4, 3.5, null],
  rating_count: [2, 4, 0],
  popularity: [10, 20, 0],
  popularity_7d: [1, 2, 0],
  popularity_30d: [1, 2, 0],
  genre: ['Comedy', 'Drama', null],
  genres: [['Comedy', 'Drama'], ['Drama'], []],
  release_year: [1995, 1999, null],
  age_days: [11_284, 9_000, null],
};
const recentRows = (eventTimestamp: string, userId: unknown = 'u') => ({
  user_id: [userId],
  event_timestamp: [eventTimestamp],
  movie_ids: [['1', '2']],
  interaction_types: [['view', 'rating']],
  ratings: [[0, 4.5]],
  occurred_ms: [[1, 2]],
});

describeEachOnlineStore('with the online store in %s', (_, redis) => {
  let database: TestDatabase;
  let rest: TestApi;
  let feast: TestApi;
  beforeAll(async () => {
    database = await createTestDatabase();
    const settings = { database: { url: database.url, poolSize: 4, external: true }, redisUrl: redis?.url };
    [rest, feast] = await Promise.all([startTestApi(settings), startTestApi(settings, createFeastApi)]);
  });
  beforeEach(async () => {
    expect((await push('movie_features', movieRows)).status).toBe(200);
  });
  afterAll(async () => {
    await Promise.all([rest?.stop(), feast?.stop()]);
    await database?.drop();
  });

  const push = (view: string, rows: object, to = 'online') => rest.call('POST', '/api/v1/features/push', { json: { view, rows, to } });
  const read = <T = Record<string, unknown>>(json: object) => feast.call<T>('POST', '/get-online-features', { json });

  test('a movie is answered with all its features, as the guide asks', async () => {
    const { status, body } = await rest.call<unknown>('GET', '/api/v1/features/movie/1');
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        entity_type: 'movie',
        entity_id: '1',
        features: {
          rating: 4,
          rating_count: 2,
          popularity: 10,
          popularity_7d: 1,
          popularity_30d: 1,
          genre: 'Comedy',
          genres: ['Comedy', 'Drama'],
          release_year: 1995,
          age_days: 11_284,
          trending_hour: null, // nobody chose it lately
          trending_day: null,
        },
        statuses: expect.objectContaining({ rating: 'PRESENT', age_days: 'PRESENT', trending_day: 'NOT_FOUND' }),
        event_timestamps: { movie_features: '2026-11-23T00:00:00.000Z', movie_trends: null },
      },
    });
  });

  test('a batch is answered in the order of its ids, with a status for each value', async () => {
    const json = { entity_ids: [1, 'movie_002', 3, 4, 5], features: ['rating', 'popularity', 'genre'], entity_type: 'movie' };
    const { status, body } = await rest.call<{ results: object[] }>('POST', '/api/v1/features/batch', { json });
    const nowhere = { rating: null, popularity: null, genre: null };
    const notFound = { rating: 'NOT_FOUND', popularity: 'NOT_FOUND', genre: 'NOT_FOUND' };
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { entity_id: '1', features: { rating: 4, popularity: 10, genre: 'Comedy' } },
      { entity_id: '2', features: { rating: 3.5, popularity: 20, genre: 'Drama' } },
      {
        entity_id: '3',
        features: { rating: null, popularity: 0, genre: null },
        statuses: { rating: 'NULL_VALUE', popularity: 'PRESENT', genre: 'NULL_VALUE' },
      },
      { entity_id: '4', features: nowhere, statuses: notFound, event_timestamps: { movie_features: null } },
      { entity_id: '5', features: nowhere, statuses: notFound },
    ]);
  });

  test('the feature server tells its health and its metrics', async () => {
    const health = await feast.call<{ dependencies: Record<string, { ok: boolean }> }>('GET', '/health');
    expect(health.body.dependencies['online store']?.ok).toBe(true);
    const metrics = await feast.call<string>('GET', '/metrics');
    expect(metrics.body).toContain('http_requests_total');
  });

  test('whom nobody knows is 404', async () => {
    const { status, body } = await rest.call('GET', '/api/v1/features/user/nobody');
    expect([status, body.detail]).toEqual([404, 'The online store has no features of user nobody']);
  });

  test.each([
    ['GET', '/api/v1/features/movie/Toy%20Story', undefined, 'path.id', ''],
    [
      'POST',
      '/api/v1/features/batch',
      { entity_ids: [1], features: ['ratng'], entity_type: 'movie' },
      'body.features.0',
      'did you mean rating?',
    ],
    [
      'POST',
      '/api/v1/features/batch',
      { entity_ids: [1], features: ['movie_feature:rating'], entity_type: 'movie' },
      'body.features.0',
      'did you mean movie_features:rating?',
    ],
    [
      'POST',
      '/api/v1/features/batch',
      { entity_ids: [1, true], features: ['rating'], entity_type: 'movie' },
      'body.entity_ids.1',
      'a movie id',
    ],
    ['POST', '/api/v1/features/batch', { entity_ids: [], features: ['rating'], entity_type: 'movie' }, 'body.entity_ids', ''],
    ['POST', '/api/v1/features/batch', { entity_ids: [1], features: ['rating'], entity_type: 'film' }, 'body.entity_type', ''],
    ['POST', '/api/v1/features/push', { view: 'nothing', rows: {} }, 'body.view', 'there are movie_features'],
    [
      'POST',
      '/api/v1/features/push',
      { view: 'user_recent', rows: { ...recentRows(at), ratings: ['x'] } },
      'body.rows',
      'ratings[0]: a list',
    ],
    ['POST', '/api/v1/features/push', { view: 'user_recent', rows: recentRows('yesterday') }, 'body.rows', 'event_timestamp[0]'],
    [
      'POST',
      '/api/v1/features/push',
      { view: 'user_recent', rows: { ...recentRows(at), user_id: ['a', 'b'] } },
      'body.rows',
      'same length',
    ],
  ])('%s %s with %j is 422 and names %s', async (method, path, json, field, message) => {
    const { status, body } = await rest.call(method, path, { ...(json && { json }) });
    expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
    expect(body.errors?.[0]?.message).toContain(message);
  });

  test('what was pushed is read within 100 ms, by either way; what is older than its ttl does not count', async () => {
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const startedAt = performance.now();
      await push('user_recent', { ...recentRows(new Date().toISOString()), occurred_ms: [[n, n + 1]] });
      const { body } = await read<{ results: { values: unknown[] }[] }>({
        features: ['user_recent:occurred_ms'],
        entities: { user_id: ['u'] },
      });
      times.push(performance.now() - startedAt);
      expect(body.results[1]?.values).toEqual([[n, n + 1]]);
    }
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(busyBound(100));

    await push('user_recent', recentRows('2020-01-01T00:00:00Z', 'long ago'));
    const stale = await read({ features: ['user_recent:movie_ids'], entities: { user_id: ['long ago'] } });
    expect(stale.body).toMatchObject({
      results: [{}, { values: [null], statuses: ['OUTSIDE_MAX_AGE'], event_timestamps: ['2020-01-01T00:00:00Z'] }],
    });
  });

  test('event times before 1970 and in the future are kept as they are', async () => {
    const [old, future] = ['1969-07-20T20:17:40Z', '9999-12-31T00:00:00Z'];
    await push('movie_features', { ...movieRows, movie_id: [101, 102, 103], event_timestamp: [old, future, at] });
    const { body } = await read({ features: ['movie_features:rating'], entities: { movie_id: [101, 102] } });
    expect(body).toMatchObject({ results: [{}, { values: [4, 3.5], event_timestamps: [old, future] }] });
  });

  test('pushed to both stores, a row is in the offline table too, once', async () => {
    const rows = { ...recentRows('2026-11-20T00:00:00Z', 'both'), created: ['2026-11-20T00:00:01Z'] };
    await push('user_recent', rows, 'online_and_offline');
    await push('user_recent', rows, 'offline');
    const { rows: kept } = await database.pool.query(
      `select entity_id, movie_ids, ratings from feature_user_recent where entity_id = 'both'`,
    );
    expect(kept).toEqual([{ entity_id: 'both', movie_ids: ['1', '2'], ratings: [0, 4.5] }]);
  });

  test.each([
    [{ movie_id: [1, 2], user_id: ['1'] }, 'All entity rows must have the same columns.'],
    [{ movie_id: [1, null] }, 'movie_id[1]: an id is a whole number, or text of 1 to 200 characters'],
    [{ movie_id: [1, 'two', { three: 3 }] }, 'movie_id[2]: an id is a whole number, or text of 1 to 200 characters'],
    [{ movie_id: [1.5] }, 'movie_id[0]: an id is a whole number, or text of 1 to 200 characters'],
    [{ movie_id: [''] }, 'movie_id[0]: an id is a whole number, or text of 1 to 200 characters'],
    [{ movie_id: ['a\nb'] }, 'movie_id[0]: an id has no control characters'],
    [{ user_id: ['1'] }, "Missing join key values for keys: ['movie_id']. Provided join_key_values: ['user_id']"],
    [{ movie_id: [] }, "Missing join key values for keys: ['movie_id']. Provided join_key_values: ['movie_id']"],
    [{}, "Missing join key values for keys: ['movie_id']. Provided join_key_values: []"],
    [{ movie_id: Array(10_001).fill(1) }, '10001 entity rows are too many for one request; send at most 10000'],
  ])('entity rows %# that cannot be are 422 and say why', async (entities, message) => {
    const { status, body } = await read<unknown>({ features: ['movie_features:rating'], entities });
    expect([status, body]).toEqual([422, message]);
  });

  test('a batch of more values than one answer may hold is 422', async () => {
    const entity_ids = Array.from({ length: 10_000 }, (_, n) => n + 1);
    const json = { entity_type: 'movie', entity_ids, features: Array(41).fill('rating') };
    const message = '41 of them for 10000 rows are too many; ask for at most 9756 rows at once';
    const { status, body } = await rest.call('POST', '/api/v1/features/batch', { json });
    expect([status, body]).toMatchObject([422, { errors: [{ field: 'body.features', message }] }]);
  });

  test('10,000 entities are answered at once', async () => {
    const movie_id = Array.from({ length: 10_000 }, (_, n) => n + 1);
    const { status, body } = await read<{ results: { values: unknown[]; statuses: string[] }[] }>({
      features: ['movie_features:rating', 'movie_features:popularity'],
      entities: { movie_id },
    });
    expect([status, body.results.map(({ values }) => values.length), body.results[1]?.statuses.slice(0, 4)]).toEqual([
      200,
      [10_000, 10_000, 10_000],
      ['PRESENT', 'PRESENT', 'NULL_VALUE', 'NOT_FOUND'],
    ]);
  });

  test('what a user did is their latest 50, in order, each once, and nothing of the future', async () => {
    const { pool } = database;
    await pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at)
       select gen_random_uuid(), 'busy', n, 'view', null::real, timestamptz '2026-11-01' + n * interval '1 second' from generate_series(1, 60) n
       union all select gen_random_uuid(), 'busy', 99, 'view', null, timestamptz '2099-01-01'`,
    );
    const store = openOnlineStore({ redisUrl: redis?.url, pool, log: silentLog });
    const event = { event_id: '', user_id: 'busy', movie_id: '1', interaction_type: 'view' as const, timestamp: '' };
    await pushRecent({ db: pool, store, view: findView(DEFINITIONS, 'user_recent') }, [event, event]);
    await store.close();
    const { body } = await rest.call<{ features: { movie_ids: string[]; ratings: number[] } }>('GET', '/api/v1/features/user/busy');
    expect(body.features.movie_ids).toEqual(Array.from({ length: 50 }, (_, n) => String(n + 11)));
    expect(body.features.ratings).toEqual(Array(50).fill(0));
  });

  if (redis) {
    test('while Redis is killed reads and pushes are 503 with Retry-After, and go on by themselves when it is back', async () => {
      await redis.kill();
      const request = { features: ['movie_features:rating'], entities: { movie_id: [1] } };
      const answers = await Promise.all([rest.call('GET', '/api/v1/features/movie/1'), read(request), push('movie_features', movieRows)]);
      expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(Array(3).fill([503, '2']));
      await redis.start();
      const { body } = await waitFor('an answer', async () => {
        const answer = await read(request);
        return answer.status === 200 ? answer : undefined;
      });
      expect(body).toMatchObject({ results: [{}, { values: [4] }] });
    });
  }
});

test('while Postgres is away reads are 503 with Retry-After', async () => {
  const down = await startTestApi({}, createFeastApi);
  const json = { features: ['movie_features:rating'], entities: { movie_id: [1] } };
  const { status, headers } = await down.call('POST', '/get-online-features', { json });
  await down.stop();
  expect([status, headers.get('retry-after')]).toEqual([503, '2']);
});
