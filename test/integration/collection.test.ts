import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCollectionActivities, type CollectionActivities } from '../../activities/collection.ts';
import { createDataImportActivities, type DataImportActivities } from '../../activities/dataImport.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';
import { writeSmallSample } from '../support/smallSample.ts';

let database: TestDatabase;
let dataDir: string;
let sampleDir: string;
let activities: CollectionActivities & DataImportActivities;

let folder: string;
/** A database and a folder of their own, where this set is the sample. */
async function open(makeSample: (folder: string) => Promise<string>): Promise<void> {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'collection '));
  dataDir = path.join(folder, 'data');
  sampleDir = await makeSample(folder);
  const deps = { pool: database.pool, dataDir };
  const bounds = { maxRejectShare: 0.8, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined };
  activities = {
    ...createCollectionActivities(deps),
    ...createDataImportActivities({ ...deps, log: silentLog, sampleDir, bounds, sources: { allowedHosts: [], maxBytes: 2 ** 30 } }),
  };
}
async function close(): Promise<void> {
  await database.drop();
  await rm(folder, { recursive: true });
}

let runs = 0;
/** The steps of the workflow. */
async function collect(folder?: string) {
  const run = `collection/${(runs += 1)}`;
  const set = await inActivity(run, () => activities.openCollectedSet({ path: folder }));
  await inActivity(run, () => activities.stageSet(set));
  await inActivity(run, () => activities.checkDataQuality(set));
  const { movies, ratings } = await inActivity(run, () => activities.publishSet(set));
  await inActivity(run, () => activities.discardStaging());
  const popular = await inActivity(run, () => activities.writePopularMovies({ source: 'movielens' }));
  return { movies, ratings, popular, watchLog: await inActivity(run, () => activities.writeWatchLog()) };
}
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
  beforeAll(() => open(async () => path.join(PROJECT_ROOT, 'data', 'movielens-small')));
  afterAll(close);

  test('brings 9,742 movies and 100,836 ratings, and the files that people look at', async () => {
    const collected = await collect();
    expect(collected).toEqual({
      movies: { read: 9_742, written: 9_742, rejected: 0, rejects_path: null },
      ratings: { read: 100_836, written: 100_836, rejected: 0, rejects_path: null },
      popular: { path: path.join(dataDir, 'raw', 'movielens', 'popular.json'), movies: 500 },
      watchLog: {
        path: path.join(dataDir, 'processed', 'watch_log.csv'),
        parquet_path: path.join(dataDir, 'processed', 'watch_log.parquet'),
        rows: 100_836,
      },
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

describe('where a part of it was collected before', () => {
  beforeAll(async () => {
    await open((folder) => writeSmallSample(folder));
    await collect();
  });
  afterAll(close);

  describe('a set with faults', () => {
    let faulty: string;
    beforeEach(async () => {
      faulty = await mkdtemp(path.join(folder, 'faulty-'));
      await writeFile(path.join(faulty, 'links.csv'), 'movieId,imdbId,tmdbId\n');
      await writeFile(
        path.join(faulty, 'movies.csv'),
        'movieId,title,genres\n1,Toy Story (1995),Comedy\nx,Nameless (1999),Drama\n1,Toy Story again,Comedy\n',
      );
      await writeFile(
        path.join(faulty, 'ratings.csv'),
        'userId,movieId,rating,timestamp\n7001,1,4.0,964982703\n7001,1,3.0,964982999\n7002,999999,5.0,964982703\n7003,1,9.5,964982703\n',
      );
    });

    test('the bad rows are set aside, and the good ones come in beside those that are there', async () => {
      const { movies, ratings } = await collect(faulty);
      expect(movies).toMatchObject({ read: 3, written: 1, rejected: 2, rejects_path: expect.stringContaining('movies.csv') });
      expect(ratings).toMatchObject({ read: 4, written: 1, rejected: 3, rejects_path: expect.stringContaining('ratings.csv') });
      const { rows } = await database.pool.query(
        "select user_id, rating from ratings where user_id in ('1', '7001') and movie_id = 1 order by user_id",
      );
      expect(rows).toEqual([
        { user_id: '1', rating: 4 },
        { user_id: '7001', rating: 3 },
      ]);
    });

    test('of a file that ends in half a row that row alone is set aside', async () => {
      await writeFile(path.join(faulty, 'ratings.csv'), 'userId,movieId,rating,timestamp\n7009,1,4.0,964982703\n7010,1,4.0,9649');
      expect((await collect(faulty)).ratings).toMatchObject({ read: 2, written: 1, rejected: 1 });
      const { rows } = await database.pool.query("select user_id from ratings where user_id in ('7009', '7010')");
      expect(rows).toEqual([{ user_id: '7009' }]);
    });
  });

  describe('the watch log', () => {
    test('says the same as CSV and as Parquet, events among the ratings', async () => {
      await database.pool.query(
        `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
       values (gen_random_uuid(), '0, "quoted"', 1, 'view', '2026-01-02T03:04:05Z')`,
      );
      const { path: csv, parquet_path: parquet, rows } = await inActivity('collection/log', () => activities.writeWatchLog());
      const records = parse<Record<string, string>>(await readFile(csv), { columns: true });
      const bytes = await readFile(parquet);
      const read = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
      expect(read).toHaveLength(rows);
      expect(read[0]).toEqual({
        user_id: '0, "quoted"',
        movie_id: '1',
        interaction_type: 'view',
        rating: null,
        watched_at: new Date('2026-01-02T03:04:05Z'),
      });
      const asText = read.map(({ rating, watched_at, ...row }) => ({
        ...row,
        rating: rating === null ? '' : String(rating),
        watched_at: (watched_at as Date).toISOString().replace('.000Z', 'Z'),
      }));
      expect(asText).toEqual(records);
    });
  });
});
