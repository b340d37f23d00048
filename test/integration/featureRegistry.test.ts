import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  featureDistributionSchema,
  featureReportSchema,
  featureViewSchema,
  type FeatureChange,
  type FeatureDistribution,
} from '../../contracts/featureRegistry.ts';
import { DEFINITIONS, type FeatureDefinitions } from '../../domain/features/definitions.ts';
import { applyAtStart, applyDefinitions, listRegistryVersions, planDefinitions } from '../../domain/features/registry/apply.ts';
import type { FeatureView } from '../../domain/features/views/view.ts';
import { MOVIE } from '../../domain/features/views/entities.ts';
import { movieFeatures } from '../../domain/features/views/movieFeatures.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const titles: FeatureView = {
  name: 'title_features',
  entity: MOVIE,
  description: 'What can be told from a title',
  owner: 'test',
  tags: {},
  ttlSeconds: null,
  kind: 'batch',
  offlineTable: 'feature_title_features',
  features: [{ name: 'title_length', type: 'int64', description: 'Letters', provenance: 'movielens', rule: { min: 1 } }],
  sourceSql: `select movie_id::text as entity_id, updated_at as event_timestamp, length(title)::bigint as title_length
    from movies where updated_at > $1::timestamptz and updated_at <= $2::timestamptz`,
  fingerprintSql: null,
};
const only = (view: FeatureView, rest: Partial<FeatureDefinitions> = {}): FeatureDefinitions => ({
  entities: [MOVIE],
  views: [view],
  onDemandViews: [],
  services: [],
  ...rest,
});

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const plan = async (definitions: FeatureDefinitions) =>
  (await planDefinitions(database.pool, definitions)).changes.map(({ action, kind, name, field }: FeatureChange) =>
    [action, kind, name, field].filter(Boolean).join(' '),
  );
const apply = (definitions: FeatureDefinitions, by = 'ann') => applyDefinitions(database.pool, definitions, { by });

describe('the definitions of the platform', () => {
  test('are in force from the start, and applying them again changes nothing', async () => {
    expect(await plan(DEFINITIONS)).toEqual([]);
    expect(await apply(DEFINITIONS)).toMatchObject({ applied: false, version: 1 });
    const { body } = await api.call<{ versions: unknown[] }>('GET', '/api/v1/features/history');
    expect(body.versions).toMatchObject([{ version: 1, applied_by: 'start-up', hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  test('are applied while a view is computed and another is read', async () => {
    const [writer, reader] = await Promise.all([database.pool.connect(), database.pool.connect()]);
    await writer.query('begin');
    await writer.query(`insert into ${movieFeatures.offlineTable} (entity_id, event_timestamp) values ('1', now())`);
    await reader.query('begin');
    await reader.query(`select from ${DEFINITIONS.views[1]!.offlineTable}`);
    const { status, body } = await api.call('POST', '/api/v1/features/apply', { json: {} });
    for (const connection of [writer, reader]) {
      await connection.query('rollback');
      connection.release();
    }
    expect([status, body]).toEqual([200, expect.objectContaining({ applied: false, version: 1 })]);
  });

  test('are listed and described over HTTP', async () => {
    const entities = await api.call<{ entities: { name: string }[] }>('GET', '/api/v1/features/entities');
    expect(entities.body.entities.map(({ name }) => name)).toEqual(['movie', 'user']);
    const views = await api.call('GET', '/api/v1/features/views');
    const listed = z.object({ views: z.array(featureViewSchema) }).parse(views.body);
    expect(listed.views.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      ...DEFINITIONS.views.map(({ name, kind }) => `${name} ${kind}`),
      ...DEFINITIONS.onDemandViews.map(({ name }) => `${name} on_demand`),
    ]);
    const names = listed.views.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['movie_features', 'user_features', 'user_recent', 'genre_match']));
    const view = await api.call('GET', '/api/v1/features/views/movie_features');
    expect(featureViewSchema.parse(view.body).features[0]).toEqual({
      name: 'rating',
      type: 'float64',
      description: 'Mean of all ratings so far; null before the first',
      provenance: 'movielens',
      rule: { severity: 'refuse', min: 0.5, max: 5 },
    });
    const service = await api.call<{ features: string[] }>('GET', '/api/v1/features/services/movie_predictor');
    expect(service.body.features).toContain('genre_match:genre_match');
    expect(await api.call('GET', '/api/v1/features/views/none')).toMatchObject({
      status: 404,
      body: { detail: `There is no feature view none; there are ${names.join(', ')}` },
    });
    expect(await api.call('GET', '/api/v1/features/plan')).toMatchObject({
      status: 200,
      body: { changes: [], takes_away: false, version: 1 },
    });
    expect(await api.call('POST', '/api/v1/features/apply', { json: {} })).toMatchObject({ status: 200, body: { applied: false } });
  });

  test('are reported on, feature by feature', async () => {
    const { body } = await api.call('GET', '/api/v1/features/report');
    const reported = featureReportSchema.parse(body).views.map(({ view, rows }) => [view, rows]);
    expect(reported).toEqual(DEFINITIONS.views.map(({ name }) => [name, 0]));
  });

  test('the values of a view are told over time: how many, how empty, and where they lie', async () => {
    const ask = (query: string, view = 'movie_features') =>
      api.call<FeatureDistribution>('GET', `/api/v1/features/views/${view}/distribution${query}`);
    expect((await ask('')).body).toEqual({ view: 'movie_features', sampled: 1, spans: [] });
    // A first making, which counts no more; eleven movies of the newest day; one of 23 days before, and one before all that is asked for.
    await database.pool.query(
      `insert into feature_movie_features (entity_id, event_timestamp, created_at, rating, rating_count, genre)
       select n::text, timestamptz '2020-01-25', timestamptz '2020-01-26', 9, 9, 'None' from generate_series(0, 10) n union all
       select n::text, timestamptz '2020-01-25', timestamptz '2020-01-27', n, null, 'Drama' from generate_series(0, 10) n union all
       values ('1', timestamptz '2020-01-02', now(), 3, 7, null), ('1', timestamptz '2019-12-01', now(), 1, 1, 'War')`,
    );
    const { body } = await ask('?days=24');
    expect(featureDistributionSchema.parse(body)).toMatchObject({ view: 'movie_features', sampled: 1 });
    expect(body.spans.map(({ rows }) => rows)).toEqual([1, ...Array.from({ length: 10 }, () => 0), 11]);
    expect([body.spans[0]!.from, body.spans[11]!.until]).toEqual(['2020-01-01T00:00:00.000Z', '2020-01-25T00:00:00.000Z']);
    const figures = (span: number, feature: string) => body.spans[span]!.features.find((one) => one.feature === feature);
    expect(figures(11, 'rating')).toEqual({ feature: 'rating', null_rate: 0, low: 1, middle: 5, high: 9, distinct: 11 });
    expect(figures(11, 'rating_count')).toEqual({
      feature: 'rating_count',
      null_rate: 1,
      low: null,
      middle: null,
      high: null,
      distinct: 0,
    });
    expect(figures(11, 'genre')).toEqual({ feature: 'genre', null_rate: 0, low: null, middle: null, high: null, distinct: 1 });
    expect(figures(0, 'genre')).toMatchObject({ null_rate: 1 });
    expect(figures(5, 'rating')).toMatchObject({ null_rate: null, middle: null });
    expect((await ask('', 'genre_match')).status).toBe(404); // nothing is stored of it
    await database.pool.query('truncate feature_movie_features');
  });
});

describe('a plan', () => {
  beforeEach(async () => {
    await database.pool.query('alter table feature_registry disable trigger all');
    await database.pool.query('truncate feature_registry; drop table if exists feature_title_features');
    await database.pool.query('alter table feature_registry enable trigger all');
  });

  test('names what comes, what changes field by field, and what goes', async () => {
    const all = ['add entity movie', 'add view title_features', 'add feature title_features:title_length'];
    expect(await plan(only(titles))).toEqual(all);
    await apply(only(titles));
    const [feature] = titles.features;
    const changed = { ...titles, owner: 'others', features: [{ ...feature!, rule: { min: 2 } }] };
    expect(await plan(only(changed))).toEqual(['change view title_features owner', 'change feature title_features:title_length rule']);
    const services = [{ name: 'one', description: '', owner: '', features: ['title_features:title_length'] }];
    expect(await plan(only(titles, { services }))).toEqual(['add service one']);
    expect(await plan(only({ ...titles, features: [{ ...feature!, name: 'letters' }], sourceSql: null }))).toEqual([
      'change view title_features source_sql',
      'add feature title_features:letters',
      'remove feature title_features:title_length',
    ]);
  });

  test('once applied is a version that nobody can change, with who and when', async () => {
    await apply(only(titles));
    await apply(only({ ...titles, owner: 'others' }), 'bob');
    expect(await listRegistryVersions(database.pool)).toMatchObject([
      { version: 2, applied_by: 'bob', changes: [{ field: 'owner', from: 'test', to: 'others' }] },
      { version: 1, applied_by: 'ann' },
    ]);
    await expect(database.pool.query(`update feature_registry set applied_by = 'eve'`)).rejects.toThrow('feature_registry is append-only');
    await expect(database.pool.query('delete from feature_registry')).rejects.toThrow('feature_registry is append-only');
  });

  test('two at once make one version', async () => {
    const both = await Promise.all([apply(only(titles)), apply(only(titles))]);
    expect(both.map(({ applied }) => applied).sort()).toEqual([false, true]);
    expect(await listRegistryVersions(database.pool)).toHaveLength(1);
  });

  test('that takes something away is left to a person by start-up, and to a confirmation by the API', async () => {
    await apply(only(titles));
    expect(await applyAtStart(database.pool, only({ ...titles, description: 'Better said' }))).toMatchObject({ applied: true, version: 2 });
    expect(await applyAtStart(database.pool, only({ ...titles, ttlSeconds: 60 }))).toMatchObject({ applied: false, version: 2 });
    expect(await api.call('POST', '/api/v1/features/apply', { json: {} })).toMatchObject({ status: 409 });
    const confirmed = await api.call('POST', '/api/v1/features/apply', { json: { confirm: true } });
    expect(confirmed).toMatchObject({ status: 200, body: { applied: true, version: 3 } });
  });

  test('makes the offline table, and adds a column for a feature more', async () => {
    await apply(only(titles));
    const more = {
      ...titles,
      features: [...titles.features, { name: 'words', type: 'int64', description: 'Words', provenance: 'movielens' } as const],
      sourceSql: titles.sourceSql!.replace('as title_length', 'as title_length, 1::bigint as words'),
    };
    await apply(only(more));
    const { fields } = await database.pool.query('select * from feature_title_features');
    expect(fields.map(({ name }) => name)).toEqual(['entity_id', 'event_timestamp', 'created_at', 'title_length', 'words']);
  });
});

describe('what is refused, with its place', () => {
  const [feature] = titles.features;
  test.each<[string, FeatureDefinitions, string]>([
    ['a name that is none', only({ ...titles, name: 'Titles!' }), 'views.Titles!: a name has small letters'],
    [
      'a feature named as a column',
      only({ ...titles, features: [{ ...feature!, name: 'created_at' }] }),
      'created_at is a column that every view has',
    ],
    [
      'two views of one name',
      only(titles, { views: [titles, { ...titles, offlineTable: 'other' }] }),
      'the name title_features is there twice',
    ],
    ['a type that is none', only({ ...titles, features: [{ ...feature!, type: 'int32' as 'int64' }] }), 'int32 is none of int64'],
    [
      'a rule of numbers for text',
      only({ ...titles, features: [{ ...feature!, type: 'string' }] }),
      'min and max are of numbers, not of string',
    ],
    ['a ttl of 0', only({ ...titles, ttlSeconds: 0 }), 'views.title_features.ttl_seconds: more than 0, or null for never'],
    [
      'a service of what is not there',
      only(titles, { services: [{ name: 'one', description: '', owner: '', features: ['title_features:none'] }] }),
      'services.one.features: title_features:none: title_features has no feature none; it has title_length',
    ],
    [
      'SQL that does not run',
      only({ ...titles, sourceSql: 'select nothing from nowhere' }),
      'source_sql: relation "nowhere" does not exist',
    ],
    [
      'SQL that gives another type',
      only({ ...titles, sourceSql: titles.sourceSql!.replace('::bigint', '::text') }),
      'source_sql: title_length should be bigint, and the SQL gives text',
    ],
    [
      'SQL that lacks a column',
      only({ ...titles, fingerprintSql: 'select 1 as x, $1::text, $2::text' }),
      'entity_id should be text, and the SQL gives none',
    ],
    [
      'a feature of another type than its values',
      only({ ...movieFeatures, features: [{ ...movieFeatures.features[0]!, type: 'string', rule: {} }], sourceSql: null }),
      'rating should be text, and there are values of double precision',
    ],
  ])('%s', async (_, definitions, message) => {
    await expect(planDefinitions(database.pool, definitions)).rejects.toThrow(message);
    const before = await listRegistryVersions(database.pool);
    await expect(apply(definitions)).rejects.toThrow(message);
    expect(await listRegistryVersions(database.pool)).toEqual(before);
  });
});
