import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createFeastApi } from '../../api/feast/app.ts';
import { definitionsPython } from '../../api/feast/repository.ts';
import { changeMovies } from '../../domain/catalogue/changeMovies.ts';
import { computeView } from '../../domain/features/compute.ts';
import { definitionsWith, findView } from '../../domain/features/definitions.ts';
import { readHistoricalFeatures } from '../../domain/features/historicalFeatures.ts';
import { bringOnline } from '../../domain/features/online/bringOnline.ts';
import { openOnlineStore } from '../../domain/features/online/openOnlineStore.ts';
import { joinAtTheirTime } from '../../domain/features/pointInTime.ts';
import { refuseUntrainable } from '../../domain/features/references.ts';
import { applyAtStart } from '../../domain/features/registry/apply.ts';
import { readConfig } from '../../platform/config.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { ownSet } from '../support/ownSet.ts';

const { features } = readConfig({ MOVIE_ATTRIBUTES: "price:float64,brand:string=Brand, it's,stock:int64,on_sale:bool" });
const definitions = definitionsWith(features);
const view = findView(definitions, 'movie_attributes');
const REFERENCES = view.features.map(({ name }) => `${view.name}:${name}`);
const BRAND = "Brand, it's";

let database: TestDatabase;
let rest: TestApi;
let feast: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  await ownSet(database.pool, 'shop');
  const settings = { database: { url: database.url, poolSize: 4, external: true }, features };
  [rest, feast] = await Promise.all([startTestApi(settings), startTestApi(settings, createFeastApi)]);
});
afterAll(async () => {
  await Promise.all([rest.stop(), feast.stop()]);
  await database.drop();
});

const put = async (ref: string, attributes: Record<string, string | number | boolean>): Promise<string> =>
  (await changeMovies(database.pool, [{ op: 'put', movie_id: ref, fields: { title: 'A thing', attributes } }]))[0]!.movie_id;
/** Postgres counts in microseconds: what was done a moment ago is before it. */
const now = () => new Date(Date.now() + 1);
const compute = (end = now()) => computeView(database.pool, view, { end });
const changes = async (movieId: string) => {
  const { rows } = await database.pool.query<{ changed_at: Date }>(
    'select changed_at from movie_attribute_versions where movie_id = $1 order by changed_at',
    [movieId],
  );
  return rows.map(({ changed_at }) => changed_at);
};
async function valuesAt(movieId: string, at: Date): Promise<unknown[]> {
  return withTransaction(database.pool, async (connection) => {
    const labelsSql = 'select $1::text as movie_id, $2::timestamptz as event_timestamp';
    for await (const row of joinAtTheirTime(connection, definitions, { labelsSql, parameters: [movieId, at], references: REFERENCES }))
      return Object.values(row.features);
    return [];
  });
}

describe('further columns of the catalogue that were declared', () => {
  test('are a view that start-up applies, of a provenance that may be learnt from', async () => {
    expect(await applyAtStart(database.pool, definitions)).toMatchObject({ applied: true, plan: { takes_away: false } });
    refuseUntrainable(definitions, REFERENCES);
    const shown = await rest.call<{ owner: string; features: object[] }>('GET', '/api/v1/features/views/movie_attributes');
    expect(shown.body).toMatchObject({
      owner: 'catalogue',
      features: [{ name: 'price', type: 'float64', provenance: 'catalogue' }, {}, {}, {}],
    });
    expect((await rest.call<{ changes: object[] }>('GET', '/api/v1/features/plan')).body.changes).toEqual([]);
  });

  test('are what they were at each time, the first known ones from the beginning, whatever came late or went', async () => {
    const movieId = await put('shop:mug', { price: 9.5, [BRAND]: 'Ours', stock: 3, on_sale: 'yes' });
    await compute();
    await put('shop:mug', { price: 12, [BRAND]: 7, stock: 2.5, on_sale: false });
    const [, second] = await changes(movieId);
    expect(await compute()).toMatchObject({ written: 1, removed: 0, late_entities: 0 });
    expect(await compute()).toMatchObject({ written: 0 });
    const before = new Date(second!.getTime() - 1);
    const after = new Date(second!.getTime() + 1);
    expect(await valuesAt(movieId, new Date('1999-01-01'))).toEqual([9.5, 'Ours', 3, true]);
    expect(await valuesAt(movieId, before)).toEqual([9.5, 'Ours', 3, true]);
    expect(await valuesAt(movieId, after)).toEqual([12, '7', null, false]);

    // Another view's columns, or another SQL: it is computed from the beginning, and knows the past all the same.
    await database.pool.query('truncate feature_view_state, feature_fingerprints, feature_movie_attributes');
    expect(await compute()).toMatchObject({ written: 2 });
    expect(await valuesAt(movieId, before)).toEqual([9.5, 'Ours', 3, true]);

    const late = await put('shop:late', { price: 1 });
    const [made] = await changes(late);
    await database.pool.query('update movie_attribute_versions set changed_at = $2 where movie_id = $1', [late, new Date('2001-01-01')]);
    expect(await compute(made)).toMatchObject({ written: 1, late_entities: 1 });
    expect(await valuesAt(late, new Date('1999-01-01'))).toEqual([1, null, null, null]);

    await put('shop:late', {});
    await compute();
    expect(await valuesAt(late, now())).toEqual([null, null, null, null]);
    await database.pool.query('delete from movies where movie_id = $1', [late]);
    expect(await changes(late)).toEqual([]);
    expect(await compute()).toMatchObject({ removed: 2 });
  });

  test('keep their order where the change that began first is done last', async () => {
    const movieId = await put('shop:raced', { price: 1 });
    const early = await database.pool.connect();
    await early.query('begin');
    await early.query('select now()');
    await put('shop:raced', { price: 2 });
    await early.query(`update movies set attributes = '{"price": 3}' where movie_id = $1`, [movieId]);
    await early.query('commit');
    early.release();
    await compute();
    expect((await valuesAt(movieId, new Date(Date.now() + 1_000)))[0]).toBe(3);
  });

  test('are served online, by our door and by that of Feast, and stand in the repository for its clients', async () => {
    const movieId = await put('shop:lamp', { price: 30, [BRAND]: 'Ours', stock: 1, on_sale: true });
    await compute();
    const store = openOnlineStore({ redisUrl: undefined, pool: database.pool, log: silentLog });
    const end = new Date();
    const { signal } = new AbortController();
    await bringOnline({ pool: database.pool, store }, { view, end, run: 'online', full: true, signal, onProgress: () => undefined });
    await store.close();
    const ours = await rest.call('GET', '/api/v1/features/movie/shop:lamp');
    expect(ours.body).toMatchObject({ entity_id: movieId, features: { price: 30, brand: 'Ours', stock: 1, on_sale: true } });
    const theirs = await feast.call<{ results: { values: unknown[] }[] }>('POST', '/get-online-features', {
      json: { features: REFERENCES, entities: { movie_id: [Number(movieId)] } },
    });
    expect(theirs.body.results.map(({ values }) => values)).toEqual([[Number(movieId)], [30], ['Ours'], [1], [true]]);
    const named = await feast.call<{ results: { values: unknown[] }[] }>('POST', '/get-online-features', {
      json: { features: REFERENCES, entities: { movie_id: ['shop:lamp', 'shop:nothing'] } },
    });
    expect(named.body.results.map(({ values }) => values)).toEqual([
      ['shop:lamp', 'shop:nothing'],
      [30, null],
      ['Ours', null],
      [1, null],
      [true, null],
    ]);
    expect(definitionsPython(definitions)).toContain('movie_attributes');
  });
});

describe('a movie by its own name', () => {
  test('has its history by the door for training sets, and one that nobody has, or none, has nulls', async () => {
    const parts = [{ times: ['1999-01-01', '1999-01-01', '1999-01-01'], ids: { movie_id: ['shop:mug', 'shop:nothing', null] } }];
    const taken: unknown[] = [];
    const references = ['movie_attributes:price', 'movie_attributes:brand'];
    await readHistoricalFeatures(database.pool, definitions, { references, parts }, async (columns) => void taken.push(columns));
    expect(taken).toEqual([
      [
        [9.5, null, null],
        ['Ours', null, null],
      ],
    ]);
  });

  test('takes rows that are pushed, by our door and by those of Feast; a name that nobody has is refused, and nothing is taken', async () => {
    const movieId = await put('shop:pushed', {});
    const rows = (ref: string, price: number) => ({
      ...{ movie_id: [ref], event_timestamp: [new Date().toISOString()], price: [price], brand: ['Ours'], stock: [1], on_sale: [false] },
    });
    const push = (ref: string) =>
      rest.call('POST', '/api/v1/features/push', { json: { view: view.name, rows: rows(ref, 1), to: 'online' } });
    expect((await push('shop:pushed')).status).toBe(200);
    expect((await push('shop:nothing')).status).toBe(422);
    const online = async () =>
      (await rest.call<{ features: { price: number } }>('GET', `/api/v1/features/movie/${movieId}`)).body.features.price;
    expect(await online()).toBe(1);
    const feastPush = { push_source_name: 'movie_attributes_push', df: rows('shop:pushed', 2), to: 'online_and_offline' };
    expect((await feast.call('POST', '/push', { json: feastPush })).status).toBe(200);
    expect(await online()).toBe(2);
    expect((await valuesAt(movieId, new Date()))[0]).toBe(2);
    expect((await feast.call('POST', '/push', { json: { ...feastPush, df: rows('shop:nothing', 3) } })).status).toBe(422);
    const written = { feature_view_name: view.name, df: rows('shop:pushed', 4) };
    expect((await feast.call('POST', '/write-to-online-store', { json: written })).status).toBe(200);
    expect(await online()).toBe(4);
  });

  test('can be what a title of 100K is', async () => {
    const movieId = await put('shop:film', {});
    const decide = (movie_id: string) => rest.call('PUT', '/api/v1/data/matches/7', { json: { movie_id } });
    expect((await decide('shop:film')).body).toMatchObject({ movie_id: movieId });
    expect((await decide('shop:nothing')).status).toBe(404);
  });
});

test('a declared column may not be called as another feature of movies, which are read by their names alone', () => {
  const named = (text: string) => definitionsWith(readConfig({ MOVIE_ATTRIBUTES: text }).features);
  expect(() => named('genre:string')).toThrow(
    'MOVIE_ATTRIBUTES: view movie_features of movie has a feature genre; write another name before =genre',
  );
  expect(() => named('score:float64,score:string=Score')).toThrow('MOVIE_ATTRIBUTES: score is named twice');
});

test('what is declared wrongly is said before anything starts', () => {
  for (const wrong of ['price', 'price:money', 'Price:float64', 'price:float64;stock:int64'])
    expect(() => readConfig({ MOVIE_ATTRIBUTES: wrong })).toThrow(/MOVIE_ATTRIBUTES: entry ".*" must be name:type or name:type=column/);
});
