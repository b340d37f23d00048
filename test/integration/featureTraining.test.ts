import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { DatasetRef } from '../../contracts/training.ts';
import { computeView } from '../../domain/features/compute.ts';
import { DEFINITIONS, type FeatureDefinitions } from '../../domain/features/definitions.ts';
import { joinAtTheirTime } from '../../domain/features/pointInTime.ts';
import { referencesOfService } from '../../domain/features/references.ts';
import { movieFeatures } from '../../domain/features/views/movieFeatures.ts';
import { createStatistics, createStoredFeatures } from '../../domain/recommender/models/movie_predictor/features.ts';
import { readInteractions } from '../../domain/recommender/data/readInteractions.ts';
import { takeSnapshot } from '../../domain/recommender/tasks/takeSnapshot.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { measureFeatures } from '../../workers/control/measureFeatures.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/waitFor.ts';

const REFERENCES = referencesOfService(DEFINITIONS, 'movie_predictor');
const signal = new AbortController().signal;
let database: TestDatabase;
let folder: string;
let blobs: BlobStore;
beforeAll(async () => {
  [database, folder] = await Promise.all([createTestDatabase(), mkdtemp(path.join(tmpdir(), 'features '))]);
  blobs = createBlobStore(`file:${folder}`);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await database.pool
    .query(`truncate ratings, interactions, movies, edited_movies, users, movie_external_ids, feature_view_state, feature_fingerprints,
    ${DEFINITIONS.views.map(({ offlineTable }) => offlineTable).join()}`);
  await database.pool.query(`insert into movies (movie_id, title, release_year, genres, source) values
    (1, 'Toy Story', 1995, '{Animation,Comedy}', 'movielens'), (2, 'Heat', 1995, '{Action}', 'movielens'), (3, 'Nameless', null, '{}', 'movielens')`);
  await database.pool.query(`insert into ratings (user_id, movie_id, rating, rated_at, source) values
    ('a', 1, 5, '2000-01-01T10:00:00Z', 'test'), ('a', 2, 2, '2000-01-05T10:00:00Z', 'test'), ('a', 3, 4, '2000-01-05T11:00:00Z', 'test'),
    ('b', 1, 1, '2000-01-03T10:00:00Z', 'test'), ('b', 2, 3, '2000-01-04T10:00:00Z', 'test'), ('c', 1, 4, '2000-01-06T10:00:00Z', 'test')`);
});

const noTensorflow = () => Promise.reject(new Error('preparing data needs no TensorFlow'));

/** @returns the snapshot, and what was logged */
async function prepare(features: FeatureDefinitions = DEFINITIONS, sets?: string[]): Promise<{ dataset: DatasetRef; logged: string }> {
  let logged = '';
  const log = pino({ level: 'info' }, { write: (line: string) => void (logged += line) });
  const context = {
    pool: database.pool,
    blobs,
    log,
    signal,
    checkpointEveryMs: 1_000,
    onProgress: () => undefined,
    tensorflow: noTensorflow,
  };
  const dataset = await takeSnapshot(context, { seed: 1, split: 'leave_one_out', sets }, features);
  return { dataset, logged };
}
const withMovieRule = (rule: object): FeatureDefinitions => ({
  ...DEFINITIONS,
  views: DEFINITIONS.views.map((view) =>
    view.name === 'movie_features'
      ? { ...view, features: view.features.map((feature) => (feature.name === 'release_year' ? { ...feature, rule } : feature)) }
      : view,
  ),
});

describe('training data', () => {
  test('has the features as they were before the day of each rating, and never the rating itself', async () => {
    const { dataset } = await prepare();
    const read = async (name: string) => {
      const file = new Uint8Array(await blobs.get(`${dataset.uri}/${name}.parquet`));
      return (await parquetReadObjects({ file: file.buffer })) as Record<string, unknown>[];
    };
    const [rows, features] = [await read('interactions'), await read('features')];
    const joined = rows.map(({ user_id, movie_id }, row) => ({ user_id, movie_id, ...features[row] }));
    const of = (user: string, movie: string) => joined.find(({ user_id, movie_id }) => user_id === user && movie_id === movie);
    expect(of('a', '1')).toMatchObject({
      'movie_features:rating': null,
      'movie_features:rating_count': 0,
      'user_features:rating_count': null,
    });
    expect(of('b', '1')).toMatchObject({
      'movie_features:rating': 5,
      'movie_features:rating_count': 1,
      'user_features:rating_count': null,
    });
    expect(of('b', '2')).toMatchObject({ 'movie_features:rating': null, 'user_features:rating_mean': 1, 'user_features:rating_count': 1 });
    // The rating of the same morning is not known yet: days end at midnight.
    expect(of('a', '3')).toMatchObject({
      'user_features:rating_mean': 5,
      'user_features:rating_count': 1,
      'movie_features:release_year': null,
    });
    expect(of('c', '1')).toMatchObject({ 'movie_features:rating': 3, 'movie_features:rating_count': 2 });
  });

  test('is the same snapshot for the same data, whenever it is made', async () => {
    const first = await prepare();
    const again = await prepare();
    await database.pool.query(`truncate feature_view_state, feature_fingerprints, ${movieFeatures.offlineTable}`);
    const afresh = await prepare();
    expect([again.dataset, afresh.dataset]).toEqual([first.dataset, first.dataset]);
    await database.pool.query(`update ratings set rating = 3 where user_id = 'a' and movie_id = 1`);
    expect((await prepare()).dataset.snapshot_id).not.toBe(first.dataset.snapshot_id);
  });

  test('is refused where a feature came from TMDB, by itself or through what it is computed from', async () => {
    const tainted: FeatureDefinitions = {
      ...DEFINITIONS,
      views: DEFINITIONS.views.map((view) =>
        view.name === 'movie_features' ? { ...view, features: view.features.map((feature) => ({ ...feature, provenance: 'tmdb' })) } : view,
      ),
      services: [
        { name: 'movie_predictor', description: '', owner: '', features: ['user_features:rating_mean', 'genre_match:genre_match'] },
      ],
    };
    await expect(prepare(tainted)).rejects.toMatchObject({
      type: 'FeatureNotTrainable',
      message: 'movie_features:genres came from TMDB, whose terms forbid training on it; take it out of the features',
    });
  });

  test('is refused where a feature breaks a rule of severity refuse; where the severity is warn the log says so', async () => {
    await expect(prepare(withMovieRule({ max: 1990, severity: 'refuse' }))).rejects.toMatchObject({
      type: 'FeatureRuleBroken',
      message: expect.stringMatching(/^movie_features:release_year: \d+ of \d+ values are not ≤ 1990$/),
    });
    const { logged, dataset } = await prepare(withMovieRule({ maxNullRate: 0 }));
    expect(dataset.interactions).toBe(6);
    expect(logged).toContain('a feature breaks its rule');
    expect(logged).toMatch(/movie_features:release_year: \d+ of \d+ are null, which is more than a share of 0/);
  });
});

test('what breaks a rule is seen in the metrics as soon as the view is computed', async () => {
  const metrics = new Registry();
  const loop = measureFeatures({ pool: database.pool, metrics, log: silentLog, views: withMovieRule({ max: 1990 }).views });
  await computeView(database.pool, movieFeatures, { end: new Date('2000-02-01') });
  loop.wake();
  const text = await waitFor('the metrics', async () => {
    const all = await metrics.metrics();
    return all.includes('feature_rules_broken{') ? all : undefined;
  });
  await loop.stop();
  expect(text).toContain('feature_rules_broken{view="movie_features",feature="release_year"} 1');
  expect(text).toContain('feature_rules_broken{view="movie_features",feature="rating"} 0');
  expect(text).toContain('feature_max{view="movie_features",feature="rating"} 5');
  expect(text).toMatch(/feature_null_rate\{view="movie_features",feature="release_year"\} 0\.\d+/);
  expect(text).toMatch(/feature_view_age_seconds\{view="movie_features"\} \d+/);
});

test('what the model stores of every user and movie is what the feature store says after the last rating', async () => {
  const { interactions, movies } = await readInteractions(database.pool, signal);
  const stored = createStoredFeatures(createStatistics(interactions, movies));
  for (const view of DEFINITIONS.views) await computeView(database.pool, view, { end: new Date('2000-02-01') });
  const labelsSql = `select user_id, movie_id::text, timestamptz '2000-01-20' as event_timestamp from (values ('a'), ('b'), ('c')) u (user_id), movies`;
  const differences: string[] = [];
  await withTransaction(database.pool, async (connection) => {
    const rows = joinAtTheirTime<{ user_id: string; movie_id: string }>(connection, DEFINITIONS, { labelsSql, references: REFERENCES });
    for await (const { label, features } of rows) {
      const pair = stored(interactions.users.indexOf(label.user_id)!, movies.vocabulary.indexOf(label.movie_id)!);
      const known = [pair.movieMean, pair.movieRatings, pair.userMean, pair.userRatings, pair.genreMatch];
      const asked = [
        'movie_features:rating',
        'movie_features:rating_count',
        'user_features:rating_mean',
        'user_features:rating_count',
        'genre_match:genre_match',
      ];
      asked.forEach((name, at) => {
        const value = features[name] as number | null;
        if (Math.abs(known[at]! - (value ?? Number.NaN)) > 1e-6) differences.push(`${label.user_id} ${label.movie_id} ${name}`);
      });
    }
  });
  expect(differences).toEqual([]);
});

test('the ratings of chosen data sets, beside what events told; the snapshot names its sets, and one that is not here is refused', async () => {
  const { pool } = database;
  await pool.query(`insert into data_sets (name, dataset, run_id, row_counts) values
    ('test', 'test', 'import/a', '{}'), ('other', 'other', 'import/b', '{}')`);
  await pool.query(`insert into ratings (user_id, movie_id, rating, rated_at, source) values
    ('other:d', 1, 4, '2000-02-01T10:00:00Z', 'other'), ('other:d', 2, 5, '2000-02-02T10:00:00Z', 'other')`);
  await pool.query(`insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values
    (gen_random_uuid(), 'visitor', 3, 'like', '2000-02-03T10:00:00Z')`);
  const usersOf = async ({ uri }: DatasetRef) => {
    const file = new Uint8Array(await blobs.get(`${uri}/interactions.parquet`));
    const rows = (await parquetReadObjects({ file: file.buffer })) as { user_id: string }[];
    return [...new Set(rows.map(({ user_id }) => user_id))].sort();
  };
  const all = (await prepare()).dataset;
  expect([all.sets, await usersOf(all)]).toEqual([
    ['other', 'test'],
    ['a', 'b', 'c', 'other:d', 'visitor'],
  ]);
  const one = (await prepare(DEFINITIONS, ['other'])).dataset;
  expect([one.sets, await usersOf(one)]).toEqual([['other'], ['other:d', 'visitor']]);
  expect(JSON.parse((await blobs.get(`${one.uri}/manifest.json`)).toString())).toMatchObject({ sets: ['other'] });
  await expect(prepare(DEFINITIONS, ['ml-1m'])).rejects.toMatchObject({
    type: 'NotFound',
    message: expect.stringContaining('other, test'),
  });
});

describe('a training of', () => {
  beforeAll(async () => {
    const { pool } = database;
    await pool.query('truncate data_sets');
    await pool.query(`insert into data_sets (name, dataset, format, run_id, row_counts) values
      ('test', 'test', 'csv', 'import/a', '{}'), ('shop', 'shop', 'own', 'import/b', '{}'), ('store', 'store', 'own', 'import/c', '{}')`);
  });
  beforeEach(async () => {
    const { pool } = database;
    await pool.query(`insert into own_movie_ids (source, external_id, movie_id) values
      ('shop', 'mug', 1000000001), ('shop', 'new bowl', 1000000002), ('store', 'lamp', 1000000003) on conflict do nothing`);
    await pool.query(`insert into movies (movie_id, title, source) values
      (1000000001, 'Mug', 'shop'), (1000000002, 'New bowl', 'shop'), (1000000003, 'Lamp', 'store')`);
    await pool.query(`insert into ratings (user_id, movie_id, rating, rated_at, source) values
      ('shop:a', 1000000001, 4, '2000-02-01T10:00:00Z', 'shop'), ('store:a', 1000000003, 4, '2000-02-01T10:00:00Z', 'store')`);
    const told = [
      ['shop:a', 1000000002],
      ['shop:new', 1000000001], // of the shop, by the name alone
      ['visitor', 1000000002], // of no set
      ['a', 1000000001], // who rated in another set
      ['store:new', 1000000001],
      ['shop:a', 1], // another catalogue's
      ['store:a', 2],
      ['visitor', 3],
    ] as const;
    for (const [user, movie] of told) {
      await pool.query(
        `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
         values (gen_random_uuid(), $1, $2, 'like', '2000-03-01T10:00:00Z')`,
        [user, movie],
      );
    }
  });

  async function learntBy(sets?: string[]) {
    const { interactions, movies } = await readInteractions(database.pool, signal, {
      definitions: DEFINITIONS,
      references: [],
      seed: 1,
      sets,
    });
    const { users, userIndex, movieIndex } = interactions;
    const rows = [...userIndex.keys()].map((row) => `${users.ids[userIndex[row]!]} ${movies.titles[movieIndex[row]!]}`);
    return { movies: movies.titles, choices: rows.sort() };
  }
  const OF_MOVIELENS = ['a Heat', 'a Nameless', 'a Toy Story', 'b Heat', 'b Toy Story', 'c Toy Story'];

  test('an own set learns from its movies, and what its users and those of no set chose of them', async () => {
    expect(await learntBy(['shop'])).toEqual({
      movies: ['Mug', 'New bowl'],
      choices: ['shop:a Mug', 'shop:a New bowl', 'shop:new Mug', 'visitor New bowl'],
    });
    expect(await learntBy(['shop', 'store'])).toMatchObject({ movies: ['Mug', 'New bowl', 'Lamp'] });
  });

  test('a set of the shared catalogue learns from that, and from nothing of own sets', async () => {
    expect(await learntBy(['test'])).toEqual({
      movies: ['Toy Story', 'Heat', 'Nameless'],
      choices: [...OF_MOVIELENS, 'visitor Nameless'],
    });
  });

  test('no set by name learns from all of them', async () => {
    const { movies, choices } = await learntBy();
    expect(movies).toEqual(['Toy Story', 'Heat', 'Nameless', 'Mug', 'New bowl', 'Lamp']);
    expect(choices).toHaveLength(OF_MOVIELENS.length + 10);
  });
});
