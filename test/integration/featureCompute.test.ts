import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { computeView } from '../../domain/features/compute.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import type { FeatureView } from '../../domain/features/views/view.ts';
import { GENRES } from '../../domain/features/views/genres.ts';
import { movieFeatures } from '../../domain/features/views/movieFeatures.ts';
import { movieTrends } from '../../domain/features/views/movieTrends.ts';
import { userFeatures } from '../../domain/features/views/userFeatures.ts';
import { userRecent } from '../../domain/features/views/userRecent.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool
    .query(`truncate ratings, interactions, movies, edited_movies, users, movie_external_ids, feature_view_state, feature_fingerprints,
    ${DEFINITIONS.views.map(({ offlineTable }) => offlineTable).join()}`);
  await database.pool.query(`insert into movies (movie_id, title, release_year, genres, source) values
    (1, 'Toy Story', 1995, '{Animation,Comedy}', 'movielens'), (2, 'Heat', 1995, '{Action}', 'movielens'), (3, 'Nameless', null, '{}', 'movielens')`);
});

const rate = (user: string, movie: number, rating: number, at: string) =>
  database.pool.query(
    `insert into ratings (user_id, movie_id, rating, rated_at, source) values ($1, $2, $3, $4, 'test')
     on conflict (user_id, movie_id) do update set rating = excluded.rating, rated_at = excluded.rated_at`,
    [user, movie, rating, at],
  );
const happened = (user: string, movie: number, type: string, at: string, rating: number | null = null) =>
  database.pool.query(
    'insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at) values (gen_random_uuid(), $1, $2, $3, $4, $5)',
    [user, movie, type, rating, at],
  );
const upTo = (view: FeatureView, end: string, start?: string) =>
  computeView(database.pool, view, { end: new Date(end), ...(start && { start: new Date(start) }) });
/** The latest word on each time, in order. */
async function rowsOf(view: FeatureView, entityId: string, columns: string) {
  const { rows } = await database.pool.query<{ day: string }>(
    `select distinct on (event_timestamp) to_char(event_timestamp at time zone 'UTC', 'YYYY-MM-DD') as day, ${columns}
     from ${view.offlineTable} where entity_id = $1 order by event_timestamp, created_at desc`,
    [entityId],
  );
  return rows;
}
const wholeTable = async ({ offlineTable }: FeatureView) =>
  (await database.pool.query<{ created_at: Date }>(`select * from ${offlineTable} t order by entity_id, event_timestamp, t.created_at`))
    .rows;

describe('movie_features', () => {
  const COUNTS = 'rating::float8 as rating, rating_count as n, popularity_7d as week, popularity_30d as month';

  test('has a row for the midnight after each day on which a rating came, or left the 7 or 30 days', async () => {
    await rate('1', 1, 4, '2000-01-01T10:00:00Z');
    await rate('2', 1, 5, '2000-01-01T23:59:59Z');
    await rate('3', 1, 3, '2000-01-03T00:00:00Z');
    await upTo(movieFeatures, '2000-03-01');
    expect(await rowsOf(movieFeatures, '1', COUNTS)).toEqual([
      { day: '1995-01-01', rating: null, n: 0, week: 0, month: 0 },
      { day: '2000-01-02', rating: 4.5, n: 2, week: 2, month: 2 },
      { day: '2000-01-04', rating: 4, n: 3, week: 3, month: 3 },
      { day: '2000-01-09', rating: 4, n: 3, week: 1, month: 3 },
      { day: '2000-01-11', rating: 4, n: 3, week: 0, month: 3 },
      { day: '2000-02-01', rating: 4, n: 3, week: 0, month: 1 },
      { day: '2000-02-03', rating: 4, n: 3, week: 0, month: 0 },
    ]);
  });

  test('knows what a movie is before anybody rated it, and how old it is at the time of each row', async () => {
    await rate('1', 1, 4, '1995-01-10T10:00:00Z');
    await upTo(movieFeatures, '1995-01-15');
    const what = 'genre, genres, release_year, age_days::int as age_days';
    expect(await rowsOf(movieFeatures, '1', what)).toEqual([
      { day: '1995-01-01', genre: 'Animation', genres: ['Animation', 'Comedy'], release_year: 1995, age_days: 0 },
      { day: '1995-01-11', genre: 'Animation', genres: ['Animation', 'Comedy'], release_year: 1995, age_days: 10 },
    ]);
    expect(await rowsOf(movieFeatures, '3', what)).toEqual([
      { day: '1970-01-01', genre: null, genres: [], release_year: null, age_days: null },
    ]);
  });

  test('counts a thing once that came twice: as a rating and an event, or under two event ids; a dislike is no choice', async () => {
    await rate('1', 1, 4, '2000-01-01T10:00:00Z');
    await happened('1', 1, 'rating', '2000-01-01T10:00:00Z', 4);
    await happened('2', 1, 'watch', '2000-01-01T11:00:00Z');
    await happened('2', 1, 'watch', '2000-01-01T11:00:00Z');
    await happened('3', 1, 'dislike', '2000-01-01T12:00:00Z');
    await happened('3', 999, 'watch', '2000-01-01T12:00:00Z');
    await upTo(movieFeatures, '2000-01-02');
    expect(await rowsOf(movieFeatures, '1', 'rating_count as n, popularity')).toEqual([
      { day: '1995-01-01', n: 0, popularity: 0 },
      { day: '2000-01-02', n: 1, popularity: 2 },
    ]);
  });
});

describe('user_features', () => {
  test('follow how a user rates, which genres, how often and when last; the age is null until it is known', async () => {
    await rate('u', 1, 5, '2000-01-01T10:00:00Z');
    await rate('u', 2, 2, '2000-01-03T10:00:00Z');
    await happened('u', 3, 'watch', '2000-01-03T12:00:00Z');
    await upTo(userFeatures, '2000-01-04');
    const columns = 'age, genre_preference as likes, rating_mean, interaction_count as n, activity_7d as week, last_seen_at';
    const first = { likes: 'Animation', rating_mean: 5, n: 1, week: 1, last_seen_at: new Date('2000-01-01T10:00:00Z') };
    const second = { likes: 'Animation', rating_mean: 3.5, n: 3, week: 3, last_seen_at: new Date('2000-01-03T12:00:00Z') };
    expect(await rowsOf(userFeatures, 'u', columns)).toEqual([
      { day: '2000-01-02', age: null, ...first },
      { day: '2000-01-04', age: null, ...second },
    ]);
    const vectors = await rowsOf(userFeatures, 'u', 'genre_vector');
    expect(vectors[1]).toMatchObject({
      genre_vector: GENRES.map((genre) => ({ Action: -1.5 / 6, Animation: 1.5 / 6, Comedy: 1.5 / 6 })[genre as string] ?? 0),
    });

    await database.pool.query(`insert into users (user_id, age, source, updated_at) values ('u', 35, 'test', '2000-01-03')`);
    await upTo(userFeatures, '2000-01-04');
    expect(await rowsOf(userFeatures, 'u', columns)).toEqual([
      { day: '2000-01-02', age: 35, ...first },
      { day: '2000-01-04', age: 35, ...second },
    ]);
  });
});

describe('user_recent', () => {
  test('keeps the last 50 interactions, the latest last', async () => {
    await database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
       select gen_random_uuid(), 'u', nth, 'watch', timestamptz '2000-01-01Z' + nth * interval '1 hour' from generate_series(1, 60) nth`,
    );
    await rate('u', 1, 4, '2000-01-04T00:00:00Z');
    await upTo(userRecent, '2000-02-01');
    const rows = await rowsOf(userRecent, 'u', 'movie_ids, interaction_types[50] as type, ratings[50] as rating, occurred_ms[50] as ms');
    const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
    expect(rows).toEqual([
      { day: '2000-01-02', movie_ids: ids(1, 23), type: null, rating: null, ms: null },
      { day: '2000-01-03', movie_ids: ids(1, 47), type: null, rating: null, ms: null },
      { day: '2000-01-04', movie_ids: ids(11, 60), type: 'watch', rating: 0, ms: Date.UTC(2000, 0, 3, 12) },
      { day: '2000-01-05', movie_ids: [...ids(12, 60), '1'], type: 'rating', rating: 4, ms: Date.UTC(2000, 0, 4) },
    ]);
  });
});

describe('movie_trends', () => {
  const rows = async (movie: string) => {
    const found = await database.pool.query<{ at: Date; hour: number; day: number }>(
      `select event_timestamp as at, trending_hour as hour, trending_day as day from ${movieTrends.offlineTable} where entity_id = $1 order by 1`,
      [movie],
    );
    return found.rows.map(({ at, hour, day }) => `${at.toISOString().slice(8, 13)} ${hour} ${day}`);
  };

  test('has a row for the end of each hour in which somebody chose the movie, or a choice left the hour or the day; a user counts once in each', async () => {
    await happened('a', 1, 'watch', '2000-01-01T10:05:00Z');
    await happened('a', 1, 'click', '2000-01-01T10:50:00Z');
    await happened('b', 1, 'rating', '2000-01-01T10:59:00Z', 1);
    await happened('a', 1, 'watch', '2000-01-01T12:00:00Z');
    await happened('c', 1, 'skip', '2000-01-01T12:00:00Z');
    await happened('c', 1, 'dislike', '2000-01-01T12:00:00Z');
    await rate('d', 1, 5, '2000-01-01T12:00:00Z'); // of a set, no event
    await upTo(movieTrends, '2000-01-03');
    expect(await rows('1')).toEqual(['01T11 2 2', '01T12 0 2', '01T13 1 2', '01T14 0 2', '02T11 0 1', '02T13 0 0']);
  });
});

describe.each(DEFINITIONS.views)('computing $name', (view) => {
  const history = async () => {
    await rate('1', 1, 4, '2000-01-01T10:00:00Z');
    await rate('1', 2, 3, '2000-01-20T10:00:00Z');
    await rate('2', 1, 5, '2000-01-05T10:00:00Z');
    await happened('2', 2, 'like', '2000-01-06T10:00:00Z');
    await happened('3', 3, 'watch', '1969-07-20T20:17:40Z');
    await happened('3', 3, 'watch', '2150-01-01T00:00:00Z');
  };

  test('a second time writes nothing', async () => {
    await history();
    expect((await upTo(view, '2000-02-15')).written).toBeGreaterThan(0);
    const before = await wholeTable(view);
    expect(await upTo(view, '2000-02-15')).toMatchObject({ written: 0, removed: 0, late_entities: 0 });
    expect(await upTo(view, '2000-02-15', '1900-01-01')).toMatchObject({ written: 0, removed: 0 });
    expect(await wholeTable(view)).toEqual(before);
  });

  test('day by day gives what computing it at once gives', async () => {
    await history();
    const withoutCreation = async () => (await wholeTable(view)).map(({ created_at: _, ...row }) => row);
    await upTo(view, '2000-02-25');
    const atOnce = await withoutCreation();
    await database.pool.query(`truncate feature_view_state, feature_fingerprints, ${view.offlineTable}`);
    for (let day = Date.UTC(1999, 11, 30); day <= Date.UTC(2000, 1, 25); day += 86_400_000) {
      await computeView(database.pool, view, { end: new Date(day) });
    }
    expect(await withoutCreation()).toEqual(atOnce);
  });

  test('two at once are one', async () => {
    await history();
    const both = await Promise.all([upTo(view, '2000-02-15'), upTo(view, '2000-02-15')]);
    expect(both.map(({ written }) => written).filter((written) => written > 0)).toHaveLength(1);
    const { rows } = await database.pool.query(`select from ${view.offlineTable} group by entity_id, event_timestamp having count(*) > 1`);
    expect(rows).toEqual([]);
  });

  test('sees an event of before 1970, and none of the future before its time', async () => {
    await history();
    await upTo(view, '2000-02-15');
    const days = async () => (await rowsOf(view, '3', 'entity_id')).map(({ day }) => day);
    expect(await days()).toContain('1969-07-21');
    expect((await days()).at(-1)! < '2000-02-15').toBe(true);
    await upTo(view, '2150-01-02T12:00:00Z');
    expect((await days()).at(-1)).toBe('2150-01-02');
  });

  test('makes the rows anew that a late, a corrected or a deleted rating or event changes, and no others', async () => {
    await history();
    await upTo(view, '2000-02-15');
    const untouched = () =>
      database.pool
        .query<object>(`select * from ${view.offlineTable} where entity_id = '3' order by event_timestamp, created_at`)
        .then(({ rows }) => rows);
    const before = await untouched();
    if (view === movieTrends) {
      await happened('2', 2, 'watch', '2000-01-06T09:00:00Z');
      await happened('9', 1, 'watch', '2000-01-03T10:00:00Z');
    } else {
      await rate('2', 2, 1, '2000-01-02T10:00:00Z'); // late
      await rate('1', 1, 2, '2000-01-03T10:00:00Z'); // corrected, and moved
    }
    const late = await upTo(view, '2000-02-16');
    expect(late.late_entities).toBe(2);
    await expectAsIfComputedAtOnce();
    expect(await untouched()).toEqual(before);

    await database.pool.query(
      view === movieTrends ? `delete from interactions where movie_id = 1` : `delete from ratings where user_id = '1' and movie_id = 2`,
    );
    await upTo(view, '2000-02-16');
    await expectAsIfComputedAtOnce();

    async function expectAsIfComputedAtOnce() {
      const latest = () =>
        database.pool
          .query<Record<string, unknown>>(
            `select distinct on (entity_id, event_timestamp) * from ${view.offlineTable} order by entity_id, event_timestamp, created_at desc`,
          )
          .then(({ rows }) => rows.map(({ created_at: _, ...row }) => row));
      const bit = await latest();
      const { rows: fresh } = await database.pool.query<Record<string, unknown>>(
        `select * from (${view.sourceSql}) s order by entity_id, event_timestamp`,
        ['-infinity', '2000-02-16'],
      );
      const known = view.kind === 'stream' ? bit.filter((row) => fresh.some((one) => sameTime(one, row))) : bit;
      expect(known).toEqual(fresh);
    }
  });
});

const sameTime = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  a['entity_id'] === b['entity_id'] && Number(a['event_timestamp']) === Number(b['event_timestamp']);

test('computing a view takes a few times as long as reading its source, also where the planner knows nothing of that yet', async () => {
  await database.pool.query(`
    with made as (insert into movies (movie_id, title, genres, source) select n, 'Movie ' || n, '{Drama}', 'movielens' from generate_series(10, 809) n)
    select;
    insert into ratings (user_id, movie_id, rating, rated_at, source)
    select u::text, 10 + (u * 7 + n * 13) % 800, 1 + (u + n) % 5, timestamptz '2000-01-01Z' + make_interval(days => 40 * n + u), 'test'
    from generate_series(1, 80) u, generate_series(1, 40) n`);
  const timeOf = async (body: (view: FeatureView) => Promise<unknown>) => {
    const startedAt = performance.now();
    for (const view of [movieFeatures, userFeatures]) await body(view);
    return performance.now() - startedAt;
  };
  const reading = await timeOf(({ sourceSql }) =>
    database.pool.query(`select count(*) from (${sourceSql}) s`, ['-infinity', '2010-01-01']),
  );
  expect(await timeOf((view) => upTo(view, '2010-01-01'))).toBeLessThan(10 * reading + busyBound(300));
});

describe('a view whose SQL is wrong', () => {
  test.each([
    ['does not parse', 'select $1::text, $2::text from', 'syntax error'],
    [
      'lacks a feature',
      'select movie_id::text as entity_id, $1::timestamptz as event_timestamp from movies where $2::timestamptz is not null',
      'rating',
    ],
    ['divides by zero', movieFeatures.sourceSql!.replace('rating_sum / nullif(ratings, 0)', '1 / (ratings * 0)'), 'division by zero'],
  ])('that %s is named, with what the database said', async (_, sourceSql, said) => {
    await rate('1', 1, 4, '2000-01-01T10:00:00Z');
    const failure = upTo({ ...movieFeatures, sourceSql }, '2000-02-01');
    await expect(failure).rejects.toThrow(`the SQL of feature view movie_features fails`);
    await expect(failure).rejects.toThrow(said);
    expect(await wholeTable(movieFeatures)).toEqual([]);
  });
});
