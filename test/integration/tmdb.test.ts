import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTmdbActivities, type TmdbActivities } from '../../activities/tmdb.ts';
import { TMDB_ATTRIBUTION, type TmdbList } from '../../contracts/tmdb.ts';
import { readMovie } from '../../domain/catalogue/movies.ts';
import { createTmdbClient } from '../../domain/tmdb/client.ts';
import { readInteractions } from '../../domain/recommender/data/readInteractions.ts';
import { createSnapshot, hashSnapshot } from '../../domain/recommender/data/snapshot.ts';
import { createPacedRequests } from '../../platform/pacedRequests.ts';
import { collectMovieLens } from '../support/collectMovieLens.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { aDetailedMovie, aListedMovie, startTmdbServer, TMDB_V3_KEY, type TmdbFault, type TmdbServer } from '../support/tmdbServer.ts';

const DAY = new Date().toISOString().slice(0, 10);
const requests = createPacedRequests({ requestsPerSecond: 1_000, connections: 10, timeoutMs: 60_000 });
let server: TmdbServer;
let database: TestDatabase;
let dataDir: string;
let activities: TmdbActivities;

beforeAll(async () => {
  [server, database] = await Promise.all([startTmdbServer(), createTestDatabase()]);
});
afterAll(async () => {
  await requests.close();
  await server.close();
  await database.drop();
});
beforeEach(async () => {
  server.reset();
  await database.pool.query(
    'truncate movies, edited_movies, movie_external_ids, ratings, interactions, tmdb_movies, tmdb_details, tmdb_genres, tmdb_asked',
  );
  await database.pool.query('alter sequence tmdb_movie_ids restart');
  await database.pool.query(
    `insert into movies (movie_id, title, release_year, genres, source) values (1, 'Toy Story', 1995, '{Comedy}', 'movielens')`,
  );
  await database.pool.query(`insert into movie_external_ids values ('tmdb', '3', 1), ('imdb', '0114709', 1)`);
  await database.pool.query(`insert into ratings values ('u1', 1, 4, '2001-01-01', 'movielens')`);
  dataDir = await mkdtemp(path.join(tmpdir(), 'tmdb '));
  activities = activitiesWith(TMDB_V3_KEY);
});
afterEach(() => rm(dataDir, { recursive: true }));

function activitiesWith(apiKey: string | undefined): TmdbActivities {
  const client = createTmdbClient({ url: server.url, apiKey, requests, log: silentLog, backOffMs: 5 });
  return createTmdbActivities({ pool: database.pool, log: silentLog, dataDir, client });
}
const environment = new MockActivityEnvironment();
async function inActivity<T>(body: () => Promise<T>): Promise<T> {
  const answers: T[] = [];
  await environment.run(async () => void answers.push(await body()));
  return answers[0]!;
}
const query = async (sql: string, values: unknown[] = []) => (await database.pool.query<Record<string, unknown>>(sql, values)).rows;
const fetchPages = (to: number, list: TmdbList = 'popular') => inActivity(() => activities.fetchTmdbPages({ day: DAY, list, from: 1, to }));
const load = (pages: number, list: TmdbList = 'popular') => inActivity(() => activities.loadTmdbList({ day: DAY, list, pages }));
const askDetails = (limit = 100) => inActivity(() => activities.fetchStaleTmdbDetails({ day: DAY, stale_days: 30, limit }));
const file = (...names: string[]) => path.join(dataDir, 'raw', 'tmdb', ...names);
const age = (table: string, days: number) => query(`update ${table} set fetched_at = now() - make_interval(days => $1)`, [days]);

describe('pages', () => {
  test('come to disk as TMDB sent them, and what is there is not asked for again', async () => {
    expect(await fetchPages(3)).toEqual({ pages: 3, requested: 3, total_pages: 60 });
    expect(await fetchPages(4)).toEqual({ pages: 4, requested: 1, total_pages: 60 });
    expect(server.asked.map(({ path }) => path).sort()).toEqual([1, 2, 3, 4].map((page) => `/movie/popular?page=${page}`));
    const page = JSON.parse(await readFile(file(DAY, 'popular', '0002.json'), 'utf8'));
    expect(page).toMatchObject({ attribution: TMDB_ATTRIBUTION, answer: { page: 2, total_results: 1_200 } });
    expect(page.answer.results[0]).toEqual(aListedMovie(21));
  });

  test('that came before one failed are kept: the next attempt asks for the others alone', async () => {
    server.faults.set('/movie/popular?page=3', [{ status: 400 }]);
    await expect(fetchPages(4)).rejects.toMatchObject({ type: 'SourceUnavailable' });
    const kept = (await readdir(file(DAY, 'popular'))).length;
    expect(kept).toBeGreaterThan(0);
    expect(await fetchPages(4)).toMatchObject({ pages: 4, requested: 4 - kept });
  });

  test('half of a file is no page', async () => {
    await fetchPages(1);
    await writeFile(file(DAY, 'popular', '0001.json'), '{"fetched_at":"20');
    expect(await fetchPages(1)).toMatchObject({ requested: 1 });
  });

  test('that the list does not have are not asked for', async () => {
    server.answers.set('/movie/popular?page=1', { page: 1, results: [aListedMovie(1)], total_pages: 1, total_results: 1 });
    expect(await fetchPages(50)).toEqual({ pages: 1, requested: 1, total_pages: 1 });
    server.answers.set('/movie/top_rated?page=1', { page: 1, results: [], total_pages: 0, total_results: 0 });
    const range = { day: DAY, list: 'top_rated' as const, from: 1, to: 50 };
    expect(await inActivity(() => activities.fetchTmdbPages(range))).toEqual({ pages: 0, requested: 1, total_pages: 0 });
  });
});

describe('a list', () => {
  test('gives ids from 10,000,000 up to what TMDB alone knows, and keeps the id of what a link names; twice is once', async () => {
    await fetchPages(2);
    expect(await load(2)).toEqual({ list: 'popular', read: 40, written: 40, added: 39, duplicates: 0, rejected: 0, rejects_path: null });
    expect(await load(2)).toMatchObject({ written: 0, added: 0 });
    expect(await query(`select movie_id, title, release_year, genres, source from movies order by movie_id limit 3`)).toEqual([
      { movie_id: 1, title: 'Toy Story', release_year: 1995, genres: ['Comedy'], source: 'movielens' },
      { movie_id: 10_000_000, title: 'Movie 10000000', release_year: null, genres: [], source: 'tmdb' },
      { movie_id: 10_000_001, title: 'Movie 10000001', release_year: null, genres: [], source: 'tmdb' },
    ]);
    expect(
      await query(`select external_id, movie_id from movie_external_ids where source = 'tmdb' and movie_id in (1, 10000000, 10000002)`),
    ).toEqual([
      { external_id: '3', movie_id: 1 },
      { external_id: '1', movie_id: 10_000_000 },
      { external_id: '4', movie_id: 10_000_002 },
    ]);
  });

  test('two at once, with the same movies in another order, give each title one id and do not stand in each other’s way', async () => {
    const movies = Array.from({ length: 3_000 }, (_, index) => aListedMovie(index + 1));
    const page = (results: unknown[]) => ({ page: 1, results, total_pages: 1, total_results: results.length });
    server.answers.set('/movie/popular?page=1', page(movies));
    server.answers.set('/movie/top_rated?page=1', page([...movies].reverse()));
    const lists = ['popular', 'top_rated'] as const;
    for (const list of lists) await fetchPages(1, list);
    await Promise.all([...lists, ...lists].map((list) => load(1, list)));
    expect(await query(`select count(*) as titles, count(distinct movie_id) as ids from movie_external_ids where source = 'tmdb'`)).toEqual(
      [{ titles: 3_000, ids: 3_000 }],
    );
    expect(await query('select count(*) as movies from movies')).toEqual([{ movies: 3_000 }]);
  });

  test('in which a page comes twice has each movie once', async () => {
    const page = (number: number) => ({ page: number, results: [aListedMovie(1), aListedMovie(2)], total_pages: 2, total_results: 4 });
    server.answers.set('/movie/popular?page=1', page(1));
    server.answers.set('/movie/popular?page=2', page(2));
    await fetchPages(2);
    expect(await load(2)).toMatchObject({ read: 4, written: 2, added: 2, duplicates: 2, rejected: 0 });
  });

  test('whose rows miss something or say something odd: they are set aside with the reason, and the others come in', async () => {
    const nameless = aListedMovie(1, { title: undefined });
    const rows = [
      ...[nameless, aListedMovie(2, { title: ' ' }), aListedMovie(3, { id: 'three' }), aListedMovie(4, { release_date: 'soon' })],
      ...[aListedMovie(5, { genre_ids: null }), aListedMovie(6, { title: 'a\0b' }), aListedMovie(7, { poster_path: 'javascript:x' }), null],
      aListedMovie(8, { release_date: '', poster_path: null, backdrop_path: null, overview: '', vote_count: undefined }),
    ];
    server.answers.set('/movie/popular?page=1', { page: 1, results: rows, total_pages: 1, total_results: rows.length });
    await fetchPages(1);
    const { rejects_path, ...counts } = await load(1);
    expect(counts).toMatchObject({ read: 9, written: 1, rejected: 8 });
    const reasons = (await readFile(rejects_path!, 'utf8'))
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split('","')[2]);
    expect(reasons).toEqual([
      'page 1: title: Invalid input: expected string, received undefined',
      'page 1: title: Too small: expected string to have >=1 characters',
      'page 1: id: Invalid input: expected number, received string',
      'page 1: release_date: not a date between 1870 and 2199',
      'page 1: genre_ids: Invalid input: expected array, received null',
      'page 1: title: holds a character that cannot be kept',
      'page 1: poster_path: not the path of an image',
      'page 1: it: Invalid input: expected object, received null',
    ]);
    expect(rejects_path).toBe(file(DAY, 'rejects', 'popular.csv'));
    expect(await query('select tmdb_id, release_date, overview, vote_count from tmdb_movies')).toEqual([
      { tmdb_id: 8, release_date: null, overview: null, vote_count: null },
    ]);
  });
});

describe('popular.json', () => {
  test("has TMDB's order and attribution, our ids, and the same bytes each time; nothing else lies beside it", async () => {
    await inActivity(() => activities.fetchTmdbGenres({ day: DAY }));
    await fetchPages(2);
    await load(2);
    const write = () => inActivity(() => activities.writeTmdbPopular({ day: DAY, pages: 2 }));
    expect(await write()).toEqual({ path: file('popular.json'), movies: 40 });
    const content = await readFile(file('popular.json'), 'utf8');
    const { movies, ...head } = JSON.parse(content);
    expect(head).toEqual({ source: 'tmdb', attribution: TMDB_ATTRIBUTION, collected_on: DAY });
    expect(movies[0]).toEqual({
      ...{ movie_id: '10000000', tmdb_id: 1, title: 'Invented 1', release_year: 2001, genres: ['Comedy', 'Drama'] },
      ...{ overview: 'What happens in film 1.', poster_path: '/poster1.jpg', popularity: 999.9, vote_average: 7.25, vote_count: 300 },
    });
    expect((movies as { movie_id: string }[]).slice(0, 4).map(({ movie_id }) => movie_id)).toEqual([
      '10000000',
      '10000001',
      '1',
      '10000002',
    ]);
    await write();
    expect(await readFile(file('popular.json'), 'utf8')).toBe(content);
    expect((await readdir(file())).sort()).toEqual([DAY, 'popular.json']);
  });
});

describe('details', () => {
  test('are asked for once where they lack or are stale: for the movies of the lists, and for those that a link names', async () => {
    await query(`insert into movie_external_ids values ('tmdb', '500', 1), ('tmdb', 'nonsense', 1)`);
    await fetchPages(1);
    await load(1);
    expect(await askDetails(5)).toEqual({ asked: 5, kept: 5, gone: 0, set_aside: 0 }); // the most popular first
    expect(await askDetails()).toMatchObject({ asked: 16, kept: 16 });
    expect(await askDetails()).toMatchObject({ asked: 0 });
    expect(server.times('/movie/500')).toBe(1);
    expect(await query(`select tagline, runtime_minutes, directors, actors, keywords from tmdb_details where tmdb_id = 3`)).toEqual([
      {
        ...{ tagline: 'The tagline of 3', runtime_minutes: 101, directors: ['A Director'], keywords: ['invention'] },
        actors: [
          { name: 'First Actor', character: 'The Inventor' },
          { name: 'Second Actor', character: 'A Friend' },
        ],
      },
    ]);
    await query(`update tmdb_asked set asked_at = now() - interval '31 days' where tmdb_id = 3`);
    await rm(file(DAY, 'movie', '3.json.gz'));
    expect(await askDetails()).toMatchObject({ asked: 1 });
  });

  test('that are on disk, since a worker died before it kept them, are not asked for again', async () => {
    await askDetails();
    await query('truncate tmdb_asked, tmdb_movies cascade');
    expect(await askDetails()).toMatchObject({ asked: 1, kept: 1 });
    expect(server.times('/movie/3')).toBe(1);
    expect(await query('select tmdb_id from tmdb_details')).toEqual([{ tmdb_id: 3 }]);
  });

  test('of a movie that TMDB does not know any more: what it said is erased', async () => {
    await fetchPages(1);
    await load(1);
    server.faults.set('/movie/4', [{ status: 404, body: { success: false, status_code: 34, status_message: 'not found' } }]);
    expect(await askDetails()).toMatchObject({ asked: 20, kept: 19, gone: 1 });
    expect(await query('select tmdb_id from tmdb_movies where tmdb_id = 4')).toEqual([]);
    expect(await askDetails()).toMatchObject({ asked: 0 });
  });

  test('that cannot be read are set aside with the reason, and asked for again the next day', async () => {
    server.answers.set('/movie/3', aDetailedMovie(3, { runtime: 'long', credits: undefined }));
    expect(await askDetails()).toMatchObject({ asked: 1, kept: 0, set_aside: 1 });
    expect(await query('select outcome, reason from tmdb_asked')).toEqual([
      {
        outcome: 'set_aside',
        reason: 'runtime: Invalid input: expected number, received string; credits: Invalid input: expected object, received undefined',
      },
    ]);
    expect(await askDetails()).toMatchObject({ asked: 0 });
    await query(`update tmdb_asked set asked_at = now() - interval '1 day'`);
    expect(await askDetails()).toMatchObject({ asked: 1 });
  });

  test('that TMDB fails to give for a few are set aside; for many, the step fails, and the next attempt asks for those alone', async () => {
    await fetchPages(1);
    await load(1);
    const fail = (ids: number[]) => ids.forEach((id) => server.faults.set(`/movie/${id}`, Array<TmdbFault>(6).fill({ status: 500 })));
    fail([1, 2, 3, 4, 5, 6]);
    await expect(askDetails()).rejects.toThrow(/TMDB gave no usable answer to \/movie\/\d in 6 tries; at last, status 500/);
    server.faults.clear();
    const before = (await readdir(file(DAY, 'movie'))).length;
    server.asked.length = 0;
    fail([1, 2]);
    expect(await askDetails()).toEqual({ asked: 20, kept: 18, gone: 0, set_aside: 2 });
    expect(new Set(server.asked.map(({ path }) => path)).size).toBe(20 - before);
    expect(await query(`select reason from tmdb_asked where tmdb_id = 2`)).toEqual([
      { reason: 'TMDB gave no usable answer to /movie/2 in 6 tries; at last, status 500' },
    ]);
  });
});

describe('details whose address is refused, as by a proxy with a page of its own', () => {
  const page: TmdbFault = { status: 404, body: '<html>Not Found</html>' };
  const refuse = (ids: number[]) => ids.forEach((id) => server.faults.set(`/movie/${id}`, [page]));
  beforeEach(async () => {
    await fetchPages(1);
    await load(1);
  });

  test('are set aside by movie, asked for once, and their neighbours are kept', async () => {
    refuse([2]);
    expect(await askDetails()).toEqual({ asked: 20, kept: 19, gone: 0, set_aside: 1 });
    expect(server.times('/movie/2')).toBe(1);
    expect(await query(`select outcome, reason from tmdb_asked where tmdb_id = 2`)).toEqual([
      { outcome: 'set_aside', reason: 'TMDB refused /movie/2 (status 404); is TMDB_API_URL the address of the TMDB API?' },
    ]);
  });

  test('end the step at once where it is more than a few: then it is the address', async () => {
    refuse(Array.from({ length: 20 }, (_, at) => at + 1));
    await expect(askDetails()).rejects.toMatchObject({ kind: 'permanent', type: 'SourceUnavailable' });
  });
});

describe('nothing from TMDB is learnt', () => {
  const snapshot = async () => {
    const { interactions, movies } = await readInteractions(database.pool, new AbortController().signal);
    return createSnapshot(interactions, movies, 42);
  };

  test('collecting changes no byte of a training snapshot', async () => {
    const before = hashSnapshot(await snapshot());
    await inActivity(() => activities.fetchTmdbGenres({ day: DAY }));
    await fetchPages(2);
    await load(2);
    await askDetails();
    expect(hashSnapshot(await snapshot())).toBe(before);
  });

  test('a TMDB-only title that a user met is learnt as an id: no genre, no year, no name', async () => {
    await fetchPages(1);
    await load(1);
    await query(`insert into interactions values (gen_random_uuid(), 'u1', 10000000, 'like', null, null, now())`);
    const { movies } = await snapshot();
    expect(movies).toMatchObject({
      vocabulary: { ids: ['1', '10000000'] },
      titles: ['Toy Story', 'Movie 10000000'],
      genres: [['Comedy'], []],
      releaseYears: [1995, null],
    });
  });

  test("the catalogue refuses TMDB's text", async () => {
    await fetchPages(1);
    await load(1);
    for (const text of [`title = 'Invented 1'`, `release_year = 2001`, `genres = '{Drama}'`]) {
      await expect(query(`update movies set ${text} where movie_id = 10000000`)).rejects.toThrow('movies_hold_no_tmdb_text');
    }
  });
});

describe('what is too old', () => {
  const refresh = () => inActivity(() => activities.refreshExpiringTmdb({ day: DAY, limit: 250 }));
  const erase = () => inActivity(() => activities.eraseExpiredTmdb());
  beforeEach(async () => {
    await inActivity(() => activities.fetchTmdbGenres({ day: DAY }));
    await fetchPages(1);
    await load(1);
    await askDetails();
    await query(`update tmdb_asked set asked_at = now() - interval '160 days'`);
    await rm(file(DAY), { recursive: true });
    server.asked.length = 0;
  });

  test('is refreshed with a key, a month before its time', async () => {
    await age('tmdb_movies', 149);
    await age('tmdb_details', 149);
    expect(await refresh()).toMatchObject({ asked: 0 });
    await age('tmdb_details', 151);
    expect(await refresh()).toEqual({ asked: 20, kept: 20, gone: 0, set_aside: 0 });
    expect(await refresh()).toMatchObject({ asked: 0 });
    expect(
      await query(
        `select count(*) from tmdb_movies join tmdb_details using (tmdb_id, fetched_at) where fetched_at > now() - interval '1 hour'`,
      ),
    ).toEqual([{ count: 20 }]);
    expect(await erase()).toEqual({ movies: 0, details: 0, genres: 0, titles: 0, raw: 0 });
  });

  test('is erased without one: text, raw answers and the files made of them; titles that a user met keep their id', async () => {
    await inActivity(() => activities.fetchTmdbGenres({ day: DAY }));
    await fetchPages(1);
    await inActivity(() => activities.writeTmdbPopular({ day: DAY, pages: 1 }));
    const old = new Date(Date.now() - 181 * 86_400_000);
    await utimes(file('popular.json'), old, old);
    await writeFile(file('popular.json.0.tmp'), 'left by a killed worker');
    await utimes(file('popular.json.0.tmp'), old, old);
    await cp(file(DAY), file(old.toISOString().slice(0, 10)), { recursive: true });
    for (const table of ['tmdb_movies', 'tmdb_details', 'tmdb_genres']) await age(table, 181);
    await query(`insert into interactions values (gen_random_uuid(), 'u1', 10000000, 'like', null, null, now())`);
    server.asked.length = 0;

    activities = activitiesWith(undefined);
    expect(await refresh()).toEqual({ asked: 0, kept: 0, gone: 0, set_aside: 0 });
    expect(await erase()).toEqual({ movies: 20, details: 20, genres: 2, titles: 18, raw: 3 });
    expect(await erase()).toEqual({ movies: 0, details: 0, genres: 0, titles: 0, raw: 0 });
    expect(server.asked).toEqual([]);
    expect(await query('select movie_id, title from movies order by movie_id')).toEqual([
      { movie_id: 1, title: 'Toy Story' },
      { movie_id: 10_000_000, title: 'Movie 10000000' },
    ]);
    expect(await readdir(file())).toEqual([DAY]);
    expect((await stat(file(DAY))).isDirectory()).toBe(true);
  });

  test('that TMDB does not know any more is erased', async () => {
    await age('tmdb_movies', 151);
    server.faults.set('/movie/1', [{ status: 404, body: { success: false, status_code: 34, status_message: 'not found' } }]);
    expect(await refresh()).toMatchObject({ asked: 20, kept: 19, gone: 1 });
    expect(await erase()).toMatchObject({ titles: 1 });
    expect(await query('select movie_id from movies where movie_id = 10000000')).toEqual([]);
  });

  test('includes the id of a title whose link went to a movie that MovieLens brought later', async () => {
    const folder = path.join(dataDir, 'later');
    await mkdir(folder);
    await writeFile(path.join(folder, 'links.csv'), 'movieId,imdbId,tmdbId\n41,0000041,1\n');
    await writeFile(path.join(folder, 'movies.csv'), 'movieId,title,genres\n41,Later (2001),Drama\n');
    await writeFile(path.join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n7,41,4.0,1445714835\n');
    await collectMovieLens(database.pool, folder);
    expect(await erase()).toMatchObject({ movies: 0, titles: 1 });
    expect(await query('select movie_id from movies where movie_id = 10000000')).toEqual([]);
    expect(await readMovie(database.pool, '41')).toMatchObject({
      title: 'Later',
      tmdb: { tmdb_id: '1', overview: 'What happens in film 1.' },
    });
  });

  test('comes again under the id that it had, where a user met it', async () => {
    await query(`insert into interactions values (gen_random_uuid(), 'u1', 10000000, 'like', null, null, now())`);
    await age('tmdb_movies', 181);
    await erase();
    await fetchPages(1);
    expect(await load(1)).toMatchObject({ written: 20, added: 18 });
    expect(await query(`select movie_id from movie_external_ids where source = 'tmdb' and external_id = '1'`)).toEqual([
      { movie_id: 10_000_000 },
    ]);
  });
});
