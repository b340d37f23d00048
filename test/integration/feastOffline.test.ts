import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFeastApi } from '../../api/feast/app.ts';
import { computeView } from '../../domain/features/compute.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { joinAtTheirTime } from '../../domain/features/pointInTime.ts';
import { applyAtStart } from '../../domain/features/registry/apply.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../support/api.ts';
import { collectMovieLens } from '../support/collectMovieLens.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createFeastRepository, type FeastRepository } from '../support/feast.ts';
import { writeSmallSample } from '../support/smallSample.ts';

/** Every stored feature. */
const FEATURES = DEFINITIONS.views.flatMap(({ name, features }) => features.map((feature) => `${name}:${feature.name}`));

let database: TestDatabase;
let folder: string;
let ours: TestApi;
beforeAll(async () => {
  [database, folder] = await Promise.all([createTestDatabase(), mkdtemp(path.join(tmpdir(), 'offline '))]);
  const { pool } = database;
  await applyAtStart(pool, DEFINITIONS);
  await collectMovieLens(pool, await writeSmallSample(folder, { users: 12 }));
  for (const view of DEFINITIONS.views) await computeView(pool, view, { end: new Date('2019-01-01') });
  // What came late makes rows anew, with the event times that others have: ties that the one made last wins.
  await pool.query(`insert into ratings (user_id, movie_id, rating, rated_at, source) select user_id, movie_id, rating, rated_at, 'late'
    from (select 'late' as user_id, movie_id, 1 as rating, min(rated_at) as rated_at from ratings group by movie_id order by movie_id limit 20) first`);
  for (const view of DEFINITIONS.views) await computeView(pool, view, { end: new Date('2019-01-01') });
  const settings = { database: { url: database.url, poolSize: 4, external: true } };
  ours = await startTestApi(settings, createFeastApi);
});
afterAll(async () => {
  await ours?.stop();
  await database?.drop();
  await rm(folder, { recursive: true });
});

interface Label {
  readonly user_id: string;
  readonly movie_id: string;
  readonly event_timestamp: string;
}

/** Each rating at its own time, at the midnights around it (when rows begin to hold) and a microsecond before, and long after; and whom nobody knows. */
async function readLabels(): Promise<Label[]> {
  const { rows } = await database.pool.query<Label>(
    `select user_id, movie_id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as event_timestamp
     from (select user_id, movie_id::text, rated_at, date_trunc('day', rated_at, 'UTC') + interval '24 hours' as midnight from ratings) of_ratings
     cross join lateral (values (rated_at), (midnight), (midnight - interval '1 microsecond'), (midnight + interval '365 days'),
       (midnight + interval '366 days')) times (at)
     union all select 'nobody', '424242', '2016-01-01T00:00:00.000000Z'
     union all select user_id, movie_id::text, '1950-01-01T00:00:00.000000Z' from (select * from ratings limit 5) early
     order by 1, 2, 3`,
  );
  return rows;
}

const joinOurs = (labels: readonly Label[]) =>
  withTransaction(database.pool, async (connection) => {
    const found: unknown[][] = [];
    const joined = joinAtTheirTime<{ nth: number }>(connection, DEFINITIONS, {
      labelsSql: 'select * from json_to_recordset($1) as l (user_id text, movie_id text, event_timestamp timestamptz, nth int)',
      parameters: [JSON.stringify(labels.map((label, nth) => ({ ...label, nth })))],
      references: FEATURES,
    });
    for await (const { label, features } of joined) found[label.nth] = FEATURES.map((feature) => features[feature]);
    return found;
  });

const repositoryFiles = async (headers: Record<string, string> = {}) => {
  const files = ['feature_store.yaml', 'definitions.py'];
  const contents = await Promise.all(files.map(async (file) => (await ours.call<string>('GET', `/${file}`, { headers })).body));
  return Object.fromEntries(files.map((file, at) => [file, contents[at]!]));
};
const script = (name: string) => path.join(import.meta.dirname, 'feast', name);
const lastObject = (output: string) => JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as Record<string, unknown>;

describe("Feast's own Python client", () => {
  let repository: FeastRepository;
  let labels: Label[];
  let answers: Record<string, unknown>;
  beforeAll(async () => {
    labels = await readLabels();
    repository = await createFeastRepository({
      ...(await repositoryFiles()),
      'labels.json': JSON.stringify({ labels, features: FEATURES }),
    });
    answers = lastObject(await repository.python(script('offline.py')));
  });
  afterAll(() => repository?.remove());

  test('gets of every feature, for every label, the value that training reads: ties, late rows, ttl, and whom nobody knows', async () => {
    const expected = await joinOurs(labels);
    expect(labels.length).toBeGreaterThan(5_000);
    expect(answers['columns']).toEqual([
      'user_id',
      'movie_id',
      'event_timestamp',
      'label',
      ...FEATURES.map((feature) => feature.replace(':', '__')),
    ]);
    expect(answers['kept']).toBe(true);
    const values = answers['values'] as unknown[][];
    const differences = expected.flatMap((row, at) =>
      JSON.stringify(row) === JSON.stringify(values[at]) ? [] : [{ label: labels[at], row, got: values[at] }],
    );
    expect(differences.slice(0, 3)).toEqual([]);
    expect(values).toHaveLength(labels.length);
    for (const at of FEATURES.keys()) expect([FEATURES[at], values.some((row) => row[at] === null)]).toEqual([FEATURES[at], true]);
  });

  test('takes ids and times as people have them, each row once in its place, 100,000 at a time', async () => {
    const { naive } = answers;
    expect(naive).toEqual([
      [expect.any(Number), expect.any(Number)],
      (naive as unknown[])[0],
      (naive as unknown[])[0],
      [0, null],
      [expect.any(Number), expect.any(Number)],
      [expect.any(Number), null],
    ]);
    expect(answers['berlin']).toEqual(naive);
    expect(answers['gaps']).toEqual((naive as number[][]).map(([ofMovie, ofUser], at) => [at === 3 ? null : ofMovie, ofUser]));
    expect(answers['many']).toEqual([100_000, true]);
    expect(answers['none']).toEqual(['user_id', 'movie_id', 'event_timestamp', 'rating_count', 'interaction_count']);
    expect(answers['service']).toEqual([
      'user_id',
      'movie_id',
      'event_timestamp',
      'movie_features__rating',
      'movie_features__rating_count',
      'movie_features__release_year',
      'user_features__rating_mean',
      'user_features__rating_count',
    ]);
  });

  test('pushes to both stores, and reads the rows from each, at their time and as long as their ttl', async () => {
    expect(answers['pushed_online']).toEqual({ user_id: ['pushed', 'pushed-2'], movie_ids: [['1', '2'], null], ratings: [[0, 4.5], null] });
    const row = [
      ['1', '2'],
      [0, 4.5],
    ];
    expect(answers['pushed_offline']).toEqual([row, [null, null], row, [null, null], [[], []]]);
    expect(answers['pushed_user']).toEqual([[33, null, null, '2026-01-02T03:04:05.000Z']]);
    const { rows } = await database.pool.query('select entity_id, movie_ids from feature_user_recent order by entity_id');
    expect(rows).toEqual(
      expect.arrayContaining([
        { entity_id: 'pushed', movie_ids: ['1', '2'] },
        { entity_id: 'pushed-2', movie_ids: [] },
      ]),
    );
    expect(rows.filter(({ entity_id }) => String(entity_id).startsWith('pushed'))).toHaveLength(2);
  });

  test.each([
    ['no key', 'FeastEntityDFMissingColumnsError', "but {'user_id'} were missing"],
    ['no id', 'ArrowInvalid', 'movie_id[0]: an id is a whole number, or text of 1 to 200 characters'],
    ['taken', 'ArrowInvalid', 'Two columns would be called rating_count: give full_feature_names=True'],
    ['sql', 'ArrowInvalid', 'Give entity_df as a DataFrame'],
    ['span', 'ArrowInvalid', 'Give entity_df as a DataFrame'],
    ['persist', 'ArrowInvalid', 'Saved datasets are not kept here: write what to_df()'],
    ['columns', 'ValueError', "missing_expected_columns: ['ratings']"],
    ['value', 'ArrowInvalid', 'ratings[0][0]: "x" is no float64'],
    ['rows', 'ArrowInvalid', '10001 rows are too many for one request; send at most 10000'],
  ])('is told what is wrong: %s', (which, error, words) => {
    const failures = answers['failures'] as Record<string, [string, string]>;
    expect(failures[which]).toEqual([error, expect.stringContaining(words)]);
  });
});

test('the training set of docs/feature-server.md comes by the lines that are printed there', async () => {
  const page = await readFile(path.join(PROJECT_ROOT, 'docs', 'feature-server.md'), 'utf8');
  const printed = /```python\n([^]*?)\nstore\.push/.exec(page)![1]!.trimEnd();
  const [last, ...before] = printed.split('\n').toReversed();
  const repository = await createFeastRepository(await repositoryFiles());
  await repository.feast('apply');
  const output = await repository.python('-c', `${before.toReversed().join('\n')}\nprint()\nprint((${last}).to_json(orient="records"))`);
  await repository.remove();
  const rows = JSON.parse(output.trimEnd().split('\n').at(-1)!) as Record<string, unknown>[];
  expect(rows.map(({ user_id, movie_id, stars }) => [user_id, movie_id, stars])).toEqual([
    ['1', 1, 4],
    ['2', 50, 5],
  ]);
  expect(rows.every((row) => 'rating' in row && 'rating_mean' in row)).toBe(true);
});

test('with credentials configured, a token in feature_store.yaml opens both stores', async () => {
  const credentials = [{ name: 'pandas', secret: 'open-sesame', role: 'viewer' as const }];
  const settings = { database: { url: database.url, poolSize: 4, external: true }, access: { ...OPEN_ACCESS, credentials } };
  const guarded = await startTestApi(settings, createFeastApi);
  const files = await repositoryFiles();
  const yaml = files['feature_store.yaml']!.replaceAll(new URL(ours.url).port, new URL(guarded.url).port);
  const repository = await createFeastRepository({ ...files, 'feature_store.yaml': `${yaml}auth:\n  type: oidc\n  token: open-sesame\n` });
  await repository.feast('apply');
  const ask = `
import json, pandas as pd
from feast import FeatureStore
store = FeatureStore(repo_path=".")
features = ["movie_features:genre"]
df = pd.DataFrame({"movie_id": [1], "event_timestamp": [pd.Timestamp("2016-01-01")]})
online = store.get_online_features(features=features, entity_rows=[{"movie_id": 1}]).to_dict()
print()
print(json.dumps({"online": online, "offline": store.get_historical_features(entity_df=df, features=features).to_df()["genre"].tolist()}))`;
  const answers = lastObject((await repository.python('-c', ask)).trimEnd());
  await repository.remove();
  await guarded.stop();
  expect(answers).toEqual({ online: { movie_id: [1], genre: [null] }, offline: ['Adventure'] });
});
