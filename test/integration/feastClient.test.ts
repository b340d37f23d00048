import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { createFeastApi } from '../../api/feast/app.ts';
import { definitionsPython } from '../../api/feast/repository.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createFeastRepository, type FeastRepository } from '../support/feast.ts';

let database: TestDatabase;
let ours: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  ours = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } }, createFeastApi);
});
afterAll(async () => {
  await ours?.stop();
  await database?.drop();
});

/** Each on a connection of its own: `feast serve` closes one that is idle without a word, and a request may be on its way on it. */
const post = async (url: string, route: string, body: unknown) => {
  const answer = await fetch(url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};

const at = '2026-11-23T00:00:00'; // Feast's SQLite store keeps whole seconds
const vector = (first: number, second: number) => [first, second, ...Array<number>(17).fill(0.25)];
const movies = {
  movie_id: [1, 2, 3],
  event_timestamp: [at, '2026-11-24T12:00:01', at],
  created: [at, at, at],
  rating: [4, 3.5, null],
  rating_count: [2, 4, 0],
  popularity: [10, 20, 0],
  popularity_7d: [1, 2, 0],
  popularity_30d: [1, 2, 0],
  genre: ['Comedy', 'Drama', 'Drama'],
  genres: [['Comedy', 'Drama'], ['Drama'], ['Drama']],
  release_year: [1995, 1999, 2001],
  age_days: [11_284, 9_000, -3],
};
const users = {
  user_id: ['1', 'ml-1m:17'],
  event_timestamp: [at, at],
  created: [at, at],
  age: [30, 40],
  genre_preference: ['Drama', 'naïve \u{1F600}'],
  genre_vector: [vector(0, 0.5), vector(-1.25, 2)],
  rating_mean: [4, 2.123456789012345],
  rating_count: [10, 20],
  interaction_count: [11, 21],
  activity_7d: [0, 1],
  activity_30d: [0, 1],
  last_seen_at: [1_767_323_045, 1_767_323_046],
};

describe("Feast's own Python client", () => {
  let repository: FeastRepository;
  beforeAll(async () => {
    await post(ours.url, '/push', { push_source_name: 'movie_features_push', df: movies });
    await post(ours.url, '/push', { push_source_name: 'user_features_push', df: users });
    const files = ['feature_store.yaml', 'definitions.py'];
    const contents = await Promise.all(files.map(async (file) => (await fetch(`${ours.url}/${file}`)).text()));
    repository = await createFeastRepository(Object.fromEntries(files.map((file, n) => [file, contents[n]!])));
  });
  afterAll(() => repository?.remove());

  test('applies the definitions that this server gives, reads as in the guide, pushes, writes, and raises its own errors', async () => {
    const output = await repository.python(path.join(import.meta.dirname, 'feast', 'client.py'));
    const answers = JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as Record<string, unknown>;
    expect(answers).toEqual({
      guide: {
        movie_id: [1, 2],
        user_id: [1, 1],
        rating: [4, 3.5],
        popularity: [10, 20],
        age: [30, 30],
        genre_preference: ['Drama', 'Drama'],
      },
      guide_rows: [
        { movie_id: 1, user_id: 1, rating: 4, popularity: 10, age: 30, genre_preference: 'Drama' },
        { movie_id: 2, user_id: 1, rating: 3.5, popularity: 20, age: 30, genre_preference: 'Drama' },
      ],
      service: {
        movie_id: [1],
        user_id: [1],
        movie_features__rating: [4],
        movie_features__rating_count: [2],
        movie_features__release_year: [1995],
        user_features__rating_mean: [4],
        user_features__rating_count: [10],
        genre_match__genre_match: [0.25],
      },
      pushed: { user_id: ['7'], movie_ids: [['1', '2']], ratings: [[0, 4.5]], occurred_ms: [[1, 2]] },
      written: {
        user_id: ['8', 'nobody'],
        age: [33, null],
        rating_mean: [4, null],
        genre_vector: [[0, 0.5], null],
        last_seen_at: [1_767_323_045, null],
      },
      unknown_view: ['FeatureViewNotFoundException', 'Feature view no_such_view does not exist in project movie_mlops'],
    });
  });
});

describe('beside `feast serve`, with the same definitions and rows', () => {
  let repository: FeastRepository;
  let theirs: string;
  beforeAll(async () => {
    const settings = `project: movie_mlops\nprovider: local\nregistry: registry.db\nonline_store:\n  type: sqlite\n  path: online.db\nentity_key_serialization_version: 3\n`;
    repository = await createFeastRepository({ 'feature_store.yaml': settings, 'definitions.py': definitionsPython(DEFINITIONS) });
    await repository.feast('apply');
    const [port = 0] = await freePorts(1);
    theirs = await repository.serve(port);
  });
  afterAll(() => repository?.remove());

  /** Feast keeps the features of a view in a set, whose order changes with every start. */
  function byName(body: unknown): unknown {
    const { results, metadata } = body as { results: unknown[]; metadata: { feature_names: string[] } };
    if (!metadata) return body;
    const named = Object.fromEntries(metadata.feature_names.map((name, n) => [name, results[n]]));
    return { ...(body as object), results: named, metadata: { ...metadata, feature_names: metadata.feature_names.toSorted() } };
  }
  async function both(route: string, body: unknown) {
    const answers = await Promise.all([post(ours.url, route, body), post(theirs, route, body)]);
    const [we, they] = answers.map(({ status, body: answer }) => ({ status, body: byName(answer ?? {}) }));
    return { we, they };
  }

  test('a push and a write answer the same', async () => {
    for (const [route, body] of [
      ['/push', { push_source_name: 'movie_features_push', df: movies }],
      ['/push', { push_source_name: 'user_features_push', df: users, to: 'online' }],
      ['/write-to-online-store', { feature_view_name: 'user_features', df: users }],
      ['/push', { push_source_name: 'nothing_push', df: users }],
      ['/write-to-online-store', { feature_view_name: 'nothing', df: users }],
      ['/push', { push_source_name: 'user_features_push' }],
    ] as const) {
      const { we, they } = await both(route, body);
      expect({ route, ...we }).toEqual({ route, ...they });
    }
  });

  test.each([
    [{ features: ['movie_features:rating_count', 'movie_features:rating'], entities: { movie_id: [1, 2, 99] } }],
    [{ features: ['movie_features:genres', 'movie_features:genre', 'movie_features:age_days'], entities: { movie_id: [3, 1] } }],
    [
      {
        features: ['movie_features:rating', 'user_features:age', 'user_features:last_seen_at', 'user_features:genre_vector'],
        entities: { movie_id: [1, 2], user_id: ['1', 'ml-1m:17'] },
        full_feature_names: true,
      },
    ],
    [
      {
        features: ['user_features:rating_mean', 'user_features:genre_preference'],
        entities: { user_id: ['ml-1m:17', 'nobody'], other: [1, 2] },
      },
    ],
    [{ feature_service: 'popularity', entities: { movie_id: [2, 1, 2] } }],
    [{ features: ['movie_features:rating'], entities: { movie: [1] } }],
    [{ features: ['movie_features:rating'], entities: { movie_id: [1] }, include_feature_view_version_metadata: true }],
    [{ features: ['nothing:rating'], entities: { movie_id: [1] } }],
    [{ feature_service: 'nothing', entities: { movie_id: [1] } }],
    [{ features: ['movie_features:rating'] }],
    [{ features: 'movie_features:rating', entities: { movie_id: [1] } }],
    [{ features: ['movie_features:rating'], entities: { movie_id: 1 } }],
  ])('%j is answered field by field as Feast does', async (body) => {
    const { we, they } = await both('/get-online-features', body);
    expect(we).toEqual(they);
  });

  test.each([
    [{ features: ['movie_features:rating', 'movie_features:rating'], entities: { movie_id: [1] } }],
    [{ features: ['movie_features:nothing'], entities: { movie_id: [1] } }],
    [{ features: ['rating'], entities: { movie_id: [1] } }],
    [{ features: [], entities: { movie_id: [1] } }],
    [{ features: ['movie_features:rating'], entities: { movie_id: [1, 2], user_id: ['1'] } }],
  ])("%j is the caller's fault here (422), with the body that Feast sends with its 500", async (body) => {
    const { we, they } = await both('/get-online-features', body);
    expect([we?.status, they?.status]).toEqual([422, 500]);
    expect(we?.body).toEqual(they?.body);
  });

  test('a null in a row that is there is NULL_VALUE here and PRESENT there', async () => {
    const { we, they } = await both('/get-online-features', { features: ['movie_features:rating'], entities: { movie_id: [3] } });
    const rating = { values: [null], event_timestamps: ['2026-11-23T00:00:00Z'] };
    expect(we?.body).toMatchObject({ results: { rating: { ...rating, statuses: ['NULL_VALUE'] } } });
    expect(they?.body).toMatchObject({ results: { rating: { ...rating, statuses: ['PRESENT'] } } });
  });
});
