import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { movieSchema, type Movie } from '../../contracts/movies.ts';
import { TMDB_ATTRIBUTION } from '../../contracts/tmdb.ts';
import { titlesOf } from '../../domain/catalogue/movies.ts';
import { searchMovies } from '../../domain/catalogue/searchMovies.ts';
import { readTmdbDisplay } from '../../domain/catalogue/displayMovie.ts';
import type { Database } from '../../platform/postgres.ts';
import { createUuid7 } from '../../platform/uuid7.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { explaining } from '../support/explaining.ts';
import { startImageServer, type ImageServer } from '../support/imageServer.ts';
import { startFakeModelServer, type FakeModelServer } from '../support/modelServer.ts';
import { TMDB_V3_KEY } from '../support/tmdbServer.ts';

let database: TestDatabase;
let serving: FakeModelServer;
let api: TestApi;
let images: ImageServer;
beforeAll(async () => {
  [database, serving, images] = await Promise.all([createTestDatabase(), startFakeModelServer(), startImageServer()]);
  api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    servingUrl: serving.url,
    tmdb: { apiKey: TMDB_V3_KEY, imageUrl: `${images.url}/t/p` },
  });
  await database.pool.query(
    `insert into movies (movie_id, title, release_year, genres, source) values
       (1, 'Toy Story', 1995, '{Adventure,Animation}', 'movielens'), (2, 'Jumanji', null, '{}', 'movielens'), (10000000, 'Movie 10000000', null, '{}', 'tmdb')`,
  );
  await database.pool.query(
    `insert into movie_external_ids values ('imdb', '0114709', 1), ('tmdb', '862', 1), ('tmdb', 'nonsense', 2), ('tmdb', '77', 10000000)`,
  );
});
beforeEach(async () => {
  await database.pool.query('truncate tmdb_movies, tmdb_genres cascade');
  await database.pool.query(`insert into tmdb_genres values (16, 'Animation', now()), (35, 'Comedy', now())`);
  await database.pool.query(
    `insert into tmdb_movies (tmdb_id, title, overview, release_date, genre_ids, poster_path, fetched_at) values
       (862, 'An Invented Title', 'Toys are alive.', '1995-11-22', '{16,35,99}', '/poster.jpg', now() - interval '1 day'),
       (77, 'Known to TMDB alone', null, '2011-02-03', '{35}', null, now())`,
  );
  await database.pool.query(
    `insert into tmdb_details values (862, 'A tagline', 81, '{A Director}', '[{"name": "An Actor", "character": null}]', '{toy}', now())`,
  );
});
afterAll(async () => {
  await api.stop();
  await serving.close();
  await images.close();
  await database.drop();
});

const get = async (id: string) => (await api.call<Movie>('GET', `/api/v1/movies/${id}`)).body;

describe('a search', () => {
  const found = async (title: string, more = '') => {
    const { body } = await api.call<{ movies: { movie_id: string; title: string }[]; attribution?: string }>(
      'GET',
      `/api/v1/movies?title=${encodeURIComponent(title)}${more}`,
    );
    return { ids: body.movies.map(({ movie_id }) => movie_id), notice: body.attribution };
  };

  test('finds titles that have all of the words, each at least begun so, also those that TMDB alone knows, with its notice', async () => {
    expect(await found('toy')).toEqual({ ids: ['1'], notice: TMDB_ATTRIBUTION }); // its poster is TMDB's
    expect((await found('STO toy')).ids).toEqual(['1']);
    expect((await found('toy jumanji')).ids).toEqual([]);
    expect(await found('juma')).toEqual({ ids: ['2'], notice: undefined });
    expect((await found('known tmdb')).ids).toEqual(['10000000']);
    expect((await found(`it's (a) | trap: & !`)).ids).toEqual([]);
    expect((await found('🎬 !')).ids).toEqual([]);
    for (const wrong of ['', 'x'.repeat(501)]) expect((await api.call('GET', `/api/v1/movies?title=${wrong}`)).status).toBe(422);
  });

  test('is read by index', async () => {
    const plans: string[] = [];
    await database.pool.query(
      `insert into movies (movie_id, title, genres, source) select n, 'Film ' || md5(n::text), '{}', 'test' from generate_series(100001, 120000) n`,
    );
    await database.pool.query('analyze movies');
    await searchMovies(explaining(database.pool, plans), 'toy', 20);
    await database.pool.query(`delete from movies where source = 'test'`);
    expect(plans.join('\n')).toContain('movies_by_words');
    expect(plans.join('\n')).not.toMatch(/Seq Scan on movies/);
  });
});

describe('a poster', () => {
  const poster = (id: string, of: TestApi = api) => of.call<string>('GET', `/api/v1/movies/${id}/poster`);

  test('comes from TMDB through the API, to be kept by the browser for a day; what has none has none', async () => {
    images.reset();
    const { status, headers, body } = await poster('1');
    expect([status, headers.get('content-type'), body]).toEqual([200, 'image/jpeg', 'poster of /t/p/w185/poster.jpg']);
    expect(headers.get('cache-control')).toBe('private, max-age=86400');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect((await poster('imdb:0114709')).status).toBe(200);
    for (const id of ['2', '10000000', '3']) expect([id, (await poster(id)).status]).toEqual([id, 404]);
    expect((await poster('nonsense')).status).toBe(422);
    expect(images.asked).toEqual(['/t/p/w185/poster.jpg']);
  });

  test('that TMDB gave too long ago is not shown any more', async () => {
    await database.pool.query(`update tmdb_movies set fetched_at = now() - interval '181 days'`);
    expect((await poster('1')).status).toBe(404);
  });

  test('is not asked for where there is no key for TMDB', async () => {
    images.reset();
    const without = await startTestApi({ database: { url: database.url, poolSize: 2, external: true } });
    expect((await poster('1', without)).status).toBe(404);
    await without.stop();
    expect(images.asked).toEqual([]);
  });
});

describe('a movie', () => {
  test('is shown with what TMDB says of it and with its notice; its own words stay the catalogue’s', async () => {
    const movie = await get('movie_001');
    expect(movieSchema.parse(movie)).toEqual(movie);
    expect(movie).toEqual({
      ...{ movie_id: '1', title: 'Toy Story', release_year: 1995, genres: ['Adventure', 'Animation'], source: 'movielens' },
      attributes: {},
      external_ids: { imdb: '0114709', tmdb: '862' },
      tmdb: {
        ...{ tmdb_id: '862', title: 'An Invented Title', original_title: null, original_language: null, overview: 'Toys are alive.' },
        ...{ tagline: 'A tagline', release_date: '1995-11-22', genres: ['Animation', 'Comedy'], runtime_minutes: 81 },
        ...{ popularity: null, vote_average: null, vote_count: null },
        ...{ poster_url: 'https://image.tmdb.org/t/p/w500/poster.jpg', backdrop_url: null, directors: ['A Director'] },
        ...{ actors: [{ name: 'An Actor', character: null }], keywords: ['toy'] },
        ...{ fetched_at: expect.any(String), attribution: TMDB_ATTRIBUTION },
      },
    });
  });

  test('of which TMDB says nothing, or nothing that may still be shown, is shown without', async () => {
    expect(await get('2')).toMatchObject({ title: 'Jumanji', tmdb: null });
    await database.pool.query(`update tmdb_movies set fetched_at = now() - interval '181 days'`);
    expect(await get('1')).toMatchObject({ title: 'Toy Story', tmdb: null });
    expect(await get('10000000')).toMatchObject({ title: 'Movie 10000000', genres: [], tmdb: null });
  });

  test('that TMDB alone knows has its title, genres and year from there', async () => {
    expect(await get('10000000')).toMatchObject({
      ...{ title: 'Known to TMDB alone', genres: ['Comedy'], release_year: 2011, source: 'tmdb' },
      tmdb: { directors: [], actors: [], attribution: TMDB_ATTRIBUTION },
    });
  });

  test('that the catalogue lacks: 404', async () => {
    expect(await api.call('GET', '/api/v1/movies/3')).toMatchObject({
      status: 404,
      body: { detail: 'There is no movie 3 in the catalogue' },
    });
  });
});

test("a recommendation with a title or a poster from TMDB carries TMDB's notice; one without does not", async () => {
  const recommend = async (movieId: string) => {
    const recommendations = [{ movie_id: movieId, score: 1 }];
    const by = { route: 'default', variant: 'main', model: { name: 'popularity', version: '1' } };
    const body = { recommendation_id: createUuid7(), user_id: null, ...by, recommendations, seen_from: 'database' };
    serving.answer = { status: 200, body };
    return (await api.call('GET', '/api/v1/recommendations?k=1')).body;
  };
  expect(await recommend('10000000')).toMatchObject({ recommendations: [{ title: 'Known to TMDB alone' }], attribution: TMDB_ATTRIBUTION });
  expect(await recommend('1')).toMatchObject({
    recommendations: [{ title: 'Toy Story', poster_url: 'https://image.tmdb.org/t/p/w500/poster.jpg' }],
    attribution: TMDB_ATTRIBUTION,
  });
  expect(await recommend('2')).not.toHaveProperty('attribution');
});

test('movies are found by index among a hundred thousand', async () => {
  await database.pool.query(
    `insert into movies (movie_id, title, source) select n, 'Movie ' || n, 'movielens' from generate_series(1000, 101000) n`,
  );
  await database.pool.query(`insert into movie_external_ids select 'tmdb', n::text, n from generate_series(1000, 101000) n`);
  await database.pool.query(
    `insert into tmdb_movies (tmdb_id, title, genre_ids, fetched_at) select n, 'T', '{}', now() from generate_series(1000, 101000) n`,
  );
  await database.pool.query('analyze movies, movie_external_ids, tmdb_movies');
  const plans: string[] = [];
  const explaining = {
    async query(sql: string, values: unknown[]) {
      const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return { rows: [] };
    },
  } as unknown as Database;
  await titlesOf(explaining, ['1', '10000000']);
  await readTmdbDisplay(explaining, 1);
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on (movies|movie_external_ids|tmdb_movies)/);
  expect(plans).toHaveLength(2);
});
