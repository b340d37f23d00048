import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import { ensureOfflineTable } from '../../domain/features/offlineTable.ts';
import { joinAtTheirTime } from '../../domain/features/pointInTime.ts';
import type { Feature, FeatureView } from '../../domain/features/views/view.ts';
import { MOVIE, USER } from '../../domain/features/views/entities.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const HOUR_MS = 3_600_000;
const TTL_HOURS = 5;

const number = (name: string): Feature => ({ name, type: 'float64', description: name, provenance: 'platform' });
const view = (given: Pick<FeatureView, 'name' | 'entity' | 'ttlSeconds'>): FeatureView => ({
  description: '',
  owner: 'test',
  tags: {},
  kind: 'stream',
  features: [number('value')],
  offlineTable: `feature_${given.name}`,
  sourceSql: null,
  fingerprintSql: null,
  ...given,
});
const VIEWS = [
  view({ name: 'of_movie', entity: MOVIE, ttlSeconds: null }),
  view({ name: 'of_user', entity: USER, ttlSeconds: TTL_HOURS * 3_600 }),
] as const;
const definitions: FeatureDefinitions = {
  entities: [MOVIE, USER],
  views: VIEWS,
  onDemandViews: [
    {
      name: 'both',
      description: '',
      owner: 'test',
      tags: {},
      reads: ['of_movie:value', 'of_user:value'],
      features: [number('sum')],
      compute: (inputs) => ({ sum: Number(inputs['of_movie:value'] ?? 0) + Number(inputs['of_user:value'] ?? 0) }),
    },
  ],
  services: [],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  for (const each of VIEWS) await ensureOfflineTable(database.pool, each);
});
afterAll(() => database.drop());
const empty = () => database.pool.query(`truncate ${VIEWS.map(({ offlineTable }) => offlineTable).join()}`);
afterEach(async () => void (await empty()));

/** Hours are from the middle of 1969 on, so that times lie on both sides of 1970. */
const at = (hours: number) => new Date(Date.UTC(1969, 11, 31, 20) + hours * HOUR_MS);
interface Row {
  readonly entity: string;
  readonly hour: number;
  readonly createdHour: number;
  readonly value: number | null;
}
interface Label {
  readonly movie: string;
  readonly user: string;
  readonly hour: number;
}

const keep = ({ offlineTable }: FeatureView, rows: readonly Row[]) =>
  database.pool.query(
    `insert into ${offlineTable} (entity_id, event_timestamp, created_at, value)
     select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::float8[])`,
    [
      rows.map(({ entity }) => entity),
      rows.map(({ hour }) => at(hour)),
      rows.map(({ createdHour }) => at(createdHour)),
      rows.map(({ value }) => value),
    ],
  );

const join = (labels: readonly Label[], references: readonly string[]) =>
  withTransaction(database.pool, async (connection) => {
    const found: Record<string, unknown>[] = [];
    const joined = joinAtTheirTime<{ nth: number }>(connection, definitions, {
      labelsSql: `select * from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality as l (movie_id, user_id, event_timestamp, nth)`,
      parameters: [labels.map(({ movie }) => movie), labels.map(({ user }) => user), labels.map(({ hour }) => at(hour))],
      references,
    });
    for await (const { label, features } of joined) found[label.nth - 1] = features;
    return found;
  });

/** The same by looking at every row for every label. */
function valueAt(rows: readonly Row[], entity: string, hour: number, ttlHours: number): number | null {
  const fit = rows.filter((row) => row.entity === entity && row.hour <= hour && row.hour >= hour - ttlHours);
  return fit.sort((a, b) => b.hour - a.hour || b.createdHour - a.createdHour)[0]?.value ?? null;
}

const entity = fc.constantFrom('a', 'b', 'c');
const hour = fc.integer({ min: 0, max: 12 });
const rowsOf = fc.uniqueArray(
  fc.record({ entity, hour, createdHour: hour, value: fc.option(fc.integer({ min: -9, max: 9 }), { freq: 4 }) }),
  { maxLength: 40, selector: ({ entity: of, hour: when, createdHour }) => `${of} ${when} ${createdHour}` },
);
const labels = fc.array(fc.record({ movie: entity, user: entity, hour }), { minLength: 1, maxLength: 20 });

describe('the point-in-time join', () => {
  test('gives what looking at every row for every label gives: ties, late rows, nulls, and the edge of the ttl', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, rowsOf, labels, async (movieRows, userRows, asked) => {
        await empty();
        await keep(VIEWS[0], movieRows);
        await keep(VIEWS[1], userRows);
        const expected = asked.map(({ movie, user, hour: when }) => {
          const [ofMovie, ofUser] = [valueAt(movieRows, movie, when, Infinity), valueAt(userRows, user, when, TTL_HOURS)];
          return { 'both:sum': (ofMovie ?? 0) + (ofUser ?? 0), 'of_movie:value': ofMovie, 'of_user:value': ofUser };
        });
        expect(await join(asked, ['both:sum', 'of_movie:value', 'of_user:value'])).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test('counts a value that is exactly as old as the ttl, and not one a microsecond older', async () => {
    await keep(VIEWS[1], [{ entity: 'u', hour: 0, createdHour: 0, value: 7 }]);
    const asked = { movie: 'm', user: 'u' };
    expect(await join([{ ...asked, hour: TTL_HOURS }], ['of_user:value'])).toEqual([{ 'of_user:value': 7 }]);
    await database.pool.query(`update feature_of_user set event_timestamp = event_timestamp - interval '1 microsecond'`);
    expect(await join([{ ...asked, hour: TTL_HOURS }], ['of_user:value'])).toEqual([{ 'of_user:value': null }]);
  });

  test('the ttl is of the row asked about, not of now', async () => {
    await keep(VIEWS[1], [{ entity: 'u', hour: 1, createdHour: 1, value: 3 }]);
    const [at2, at8] = await join(
      [2, 8].map((when) => ({ movie: 'm', user: 'u', hour: when })),
      ['of_user:value'],
    );
    expect([at2, at8]).toEqual([{ 'of_user:value': 3 }, { 'of_user:value': null }]);
  });

  test('gives a row that comes twice twice, and one of which nothing is known once', async () => {
    await keep(VIEWS[0], [{ entity: 'm', hour: 1, createdHour: 1, value: 3 }]);
    const known = { movie: 'm', user: 'u', hour: 2 };
    const found = await join([known, known, { ...known, movie: 'nobody' }], ['of_movie:value']);
    expect(found).toEqual([{ 'of_movie:value': 3 }, { 'of_movie:value': 3 }, { 'of_movie:value': null }]);
  });

  test.each([
    ['of_nobody:value', 'of_nobody:value: there is no feature view of_nobody; there are of_movie, of_user, both'],
    ['of_movie:none', 'of_movie:none: of_movie has no feature none; it has value'],
    ['both', 'both: both has no feature ; it has sum'],
  ])('names a feature that there is not: %s', async (reference, message) => {
    await expect(join([{ movie: 'm', user: 'u', hour: 1 }], [reference])).rejects.toThrow(message);
  });
});
