import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCollectionActivities, type CollectionActivities } from '../../activities/collection.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let dataDir: string;
let activities: CollectionActivities;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(path.join(tmpdir(), 'collection '));
  const sampleDir = path.join(PROJECT_ROOT, 'data', 'movielens-small');
  activities = createCollectionActivities({ pool: database.pool, log: silentLog, dataDir, sampleDir });
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const environment = new MockActivityEnvironment();
async function inActivity<T>(body: () => Promise<T>): Promise<T> {
  const answers: T[] = [];
  await environment.run(async () => void answers.push(await body()));
  return answers[0]!;
}
const collect = async (folder?: string) => {
  const input = { source: 'movielens' as const, ...(folder !== undefined && { path: folder }) };
  return {
    movies: await inActivity(() => activities.loadMovies(input)),
    ratings: await inActivity(() => activities.loadRatings(input)),
    popular: await inActivity(() => activities.writePopularMovies(input)),
    watchLog: await inActivity(() => activities.writeWatchLog()),
  };
};
const contentOf = (...names: string[]) => readFile(path.join(dataDir, ...names), 'utf8');
async function fingerprint() {
  const { rows } = await database.pool.query(
    `select (select md5(string_agg(m::text, '|' order by movie_id)) from movies m) as movies,
            (select md5(string_agg(r::text, '|' order by user_id, movie_id)) from ratings r) as ratings,
            (select count(*) from movie_external_ids) as external_ids`,
  );
  return rows[0] as unknown;
}

describe('the MovieLens sample', () => {
  test('brings 9,742 movies and 100,836 ratings, and the files that people look at', async () => {
    const collected = await collect();
    expect(collected).toEqual({
      movies: { read: 9_742, written: 9_742, rejected: 0, rejects_path: null },
      ratings: { read: 100_836, written: 100_836, rejected: 0, rejects_path: null },
      popular: { path: path.join(dataDir, 'raw', 'movielens', 'popular.json'), movies: 500 },
      watchLog: { path: path.join(dataDir, 'processed', 'watch_log.csv'), rows: 100_836 },
    });
    const { movies } = JSON.parse(await contentOf('raw', 'movielens', 'popular.json'));
    expect(movies[0]).toEqual({
      movie_id: '356',
      title: 'Forrest Gump',
      release_year: 1994,
      genres: ['Comedy', 'Drama', 'Romance', 'War'],
      rating_count: 329,
      rating_mean: 4.164,
    });
    const lines = (await contentOf('processed', 'watch_log.csv')).trimEnd().split('\n');
    expect([lines.length, ...lines.slice(0, 2)]).toEqual([
      100_837,
      'user_id,movie_id,interaction_type,rating,watched_at',
      '1,804,rating,4,2000-07-30T18:08:19Z',
    ]);
  });

  test('a second time changes nothing: no row, no byte of a file', async () => {
    const before = [
      await fingerprint(),
      await contentOf('raw', 'movielens', 'popular.json'),
      await contentOf('processed', 'watch_log.csv'),
    ];
    const { movies, ratings } = await collect();
    expect([movies.written, ratings.written]).toEqual([0, 0]);
    expect([
      await fingerprint(),
      await contentOf('raw', 'movielens', 'popular.json'),
      await contentOf('processed', 'watch_log.csv'),
    ]).toEqual(before);
  });
});

describe('a set with faults', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(dataDir, 'faulty-'));
    await writeFile(path.join(folder, 'links.csv'), 'movieId,imdbId,tmdbId\n');
    await writeFile(
      path.join(folder, 'movies.csv'),
      'movieId,title,genres\n1,Toy Story (1995),Comedy\nx,Nameless (1999),Drama\n1,Toy Story again,Comedy\n',
    );
    await writeFile(
      path.join(folder, 'ratings.csv'),
      'userId,movieId,rating,timestamp\n7001,1,4.0,964982703\n7001,1,3.0,964982999\n7002,999999,5.0,964982703\n7003,1,9.5,964982703\n',
    );
  });

  test('the bad rows are set aside with line and reason, and the good ones come in', async () => {
    const { movies, ratings } = await collect(folder);
    expect(movies).toMatchObject({ read: 3, rejected: 2 });
    expect(ratings).toMatchObject({ read: 4, written: 1, rejected: 3 });
    expect((await readFile(movies.rejects_path!, 'utf8')).trimEnd().split('\n')).toEqual([
      'line,reason,raw',
      '"3","movieId ""x"" is not a positive whole number","x,Nameless (1999),Drama"',
      '"4","movie 1 stands here a second time","Toy Story again"',
    ]);
    expect((await readFile(ratings.rejects_path!, 'utf8')).trimEnd().split('\n')).toEqual([
      'line,reason,raw',
      '"5","rating ""9.5"" is not 0.5 to 5 in halves","7003,1,9.5,964982703"',
      '"4","movie 999999 is not in the catalogue","7002,999999,5"',
      '"2","user 7001 rated movie 1 later again","7001,1,4"',
    ]);
    const { rows } = await database.pool.query("select rating from ratings where user_id = '7001'");
    expect(rows).toEqual([{ rating: 3 }]);
  });

  test('a file that is cut leaves everything as it was', async () => {
    await writeFile(path.join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n7009,1,4.0,964982703\n7010,1,4.0,9649');
    const before = await fingerprint();
    await expect(inActivity(() => activities.loadRatings({ source: 'movielens', path: folder }))).rejects.toMatchObject({
      type: 'SourceCorrupt',
      message: 'ratings.csv cannot be used: it is truncated: its last line does not end',
    });
    expect(await fingerprint()).toEqual(before);
  });
});
