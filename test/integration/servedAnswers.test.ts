import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import { routeSpecSchema } from '../../contracts/routes.ts';
import { recommendationServedEventSchema, type RecommendationTrace, type ServedAnswer } from '../../contracts/served.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { setRoutes } from '../../domain/serving/routeTable.ts';
import { findServed, removeServedBefore, storeServed } from '../../domain/serving/served.ts';
import { createServedLog } from '../../domain/serving/servedLog.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { createUuid7 } from '../../platform/uuid7.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let proxy: Proxy;
let folder: string;
let serving: TestProcess;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await createProxy(database.url);
  folder = await mkdtemp(path.join(tmpdir(), 'mlops served '));
  const blobs = createBlobStore(`file:${folder}`);
  const { tf } = loadTensorflow('cpu');
  for (const kind of ['popularity', 'ease', 'item_knn'] as const)
    await promoteModel(database.pool, await trainTinyModel({ blobs, tf }, kind), `training/served/${kind}`);
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  await database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
     values (gen_random_uuid(), 'u2', 12, 'view', now() - interval '1 day'), (gen_random_uuid(), 'u2', 5, 'like', now()), (gen_random_uuid(), 'u2', 3, 'dislike', now())`,
  );
  await startServing();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, servingUrl: serving.url, servedKeptDays: 10 });
});
afterAll(async () => {
  await api?.stop();
  await serving?.end();
  await proxy?.cut();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function startServing() {
  const [port = 0] = await freePorts(1);
  const settings = {
    DATABASE_URL: proxy.url,
    BLOB_URL: `file:${folder}`,
    STATE_DIR: folder,
    SERVING_PORT: String(port),
    LOG_LEVEL: 'warn',
  };
  serving = await startProcess('serving', port, settings, '/health/ready');
}

async function recommend(body: object): Promise<RecommendAnswer> {
  const answer = await fetch(`${serving.url}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as RecommendAnswer;
}
const stored = async (ids: readonly string[]) => {
  const { rows } = await database.pool.query<{ served: number; sent: number }>(
    `select (select count(*) from served_answers where recommendation_id = any ($1) and not is_shadow) as served,
       (select count(*) from outbox where id = any ($1)) as sent`,
    [ids],
  );
  return rows[0]!;
};
const allStored = (ids: readonly string[]) =>
  waitFor('the answers to be stored', async () => {
    const { served, sent } = await stored(ids);
    return served === ids.length && sent === ids.length;
  });

describe('an answer', () => {
  test('is told of by its id: user, route, variant, what made the model, what was read and left out', async () => {
    const given = await recommend({ user_id: 'u2', k: 4 });
    await allStored([given.recommendation_id]);
    const { status, body } = await api.call<RecommendationTrace>('GET', `/api/v1/recommendations/${given.recommendation_id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      recommendation_id: given.recommendation_id,
      ...{ user_id: 'u2', route: 'default', revision: 0, variant: 'main', assignment: 'user', propensity: 1 },
      model: given.model,
      made_by: { origin: 'training/served/ease', gate: { passed: true }, registry_run_id: expect.any(String) },
      excluded: { seen: 3, seen_from: 'database' },
      history: { movies: ['12', '5'], length: 2, disliked: ['3'] },
      shadows: [],
    });
    expect(body.recommendations.map(({ movie_id, score }) => ({ movie_id, score }))).toEqual(given.recommendations);
    expect(body.recommendations[0]!.title).toBe(`Movie ${given.recommendations[0]!.movie_id}`);
    expect(Date.parse(body.kept_until) - Date.parse(body.served_at)).toBe(10 * 86_400_000);
  });

  test('of the API has the same id, and nobody in particular gets one too', async () => {
    const { body } = await api.call<RecommendAnswer>('GET', '/api/v1/recommendations?k=2');
    await allStored([body.recommendation_id]);
    const [answer] = await findServed(database.pool, body.recommendation_id);
    expect(answer).toMatchObject({ user_id: null, assignment: 'chance', model: 'popularity', seen_from: 'not_asked', history: [] });
  });

  test('goes to movie-recommendations as the event that the contract describes, under its user', async () => {
    const { recommendation_id: id, recommendations, model } = await recommend({ user_id: 'u2', k: 3 });
    await allStored([id]);
    const { rows } = await database.pool.query<{ aggregatetype: string; aggregateid: string; type: string; payload: unknown }>(
      'select aggregatetype, aggregateid, type, payload from outbox where id = $1',
      [id],
    );
    expect(rows[0]).toMatchObject({
      aggregatetype: 'movie-recommendations',
      aggregateid: 'u2',
      type: 'movie_mlops.recommendation_served',
    });
    const event = recommendationServedEventSchema.parse(rows[0]!.payload);
    expect(event).toMatchObject({ event_id: id, model_name: model.name, movies: recommendations });
  });

  test('that is not there, or is no id, is said to be so', async () => {
    expect(await api.call('GET', `/api/v1/recommendations/${createUuid7()}`)).toMatchObject({ status: 404 });
    expect(await api.call('GET', '/api/v1/recommendations/12')).toMatchObject({ status: 422 });
  });

  test('is kept as long as is said, and no longer', async () => {
    const { recommendation_id: id } = await recommend({ user_id: 'u7' });
    await allStored([id]);
    await database.pool.query(`update served_answers set served_at = served_at - interval '11 days' where recommendation_id = $1`, [id]);
    expect(await removeServedBefore(database.pool, new Date(Date.now() - 10 * 86_400_000))).toBe(1);
    expect(await findServed(database.pool, id)).toEqual([]);
  });
});

test('a shadow is asked and written down beside the answer, and never shown', async () => {
  const spec = routeSpecSchema.parse({
    variants: [{ name: 'old', models: ['ease@champion'] }],
    shadows: [{ name: 'new', models: ['item_knn@champion'] }],
  });
  await setRoutes(database.pool, { trial: spec }, { author: { name: 'test', reason: '' } });
  await waitFor('the route to be served', async () => {
    const { routes } = (await (await fetch(serving.url)).json()) as { routes: { route: string }[] };
    return routes.some(({ route }) => route === 'trial');
  });
  const given = await recommend({ user_id: 'u2', k: 4, route: 'trial' });
  expect(given).toMatchObject({ variant: 'old', model: { name: 'ease' } });
  await waitFor('the shadow to be stored', async () => (await findServed(database.pool, given.recommendation_id)).length === 2);
  const { body } = await api.call<RecommendationTrace>('GET', `/api/v1/recommendations/${given.recommendation_id}`);
  expect(body.shadows).toMatchObject([{ variant: 'new', model: { name: 'item_knn', version: '1' } }]);
  expect(body.shadows[0]!.recommendations.map(({ movie_id }) => movie_id)).not.toContain('12');
  expect((await stored([given.recommendation_id])).sent).toBe(1);
});

describe('no answer is lost', () => {
  test('when the server is killed the moment after it gave them', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 20; round += 1)
      ids.push(
        ...(await Promise.all(TINY_MOVIES.slice(0, 8).map(async (user) => (await recommend({ user_id: `k${user}` })).recommendation_id))),
      );
    await serving.end('SIGKILL');
    expect((await stored(ids)).served).toBeLessThan(ids.length);
    await startServing();
    await allStored(ids);
    await waitFor(
      'one folder to be left, that of the server which runs',
      async () => (await readdir(path.join(folder, 'served'))).length === 1,
    );
  });

  test('while Postgres is away, which no answer waits for; they are stored when it is back', async () => {
    await recommend({ user_id: 'u2' });
    await proxy.cut();
    const ids: string[] = [];
    for (let at = 0; at < 20; at += 1) ids.push((await recommend({ user_id: 'u2' })).recommendation_id);
    expect((await stored(ids)).served).toBe(0);
    await proxy.restore();
    await allStored(ids);
  });

  test('when the server ends as it is told to', async () => {
    const ids = await Promise.all(TINY_MOVIES.map(async (user) => (await recommend({ user_id: `e${user}` })).recommendation_id));
    await serving.end('SIGTERM');
    expect(await stored(ids)).toEqual({ served: ids.length, sent: ids.length });
    expect(await readdir(path.join(folder, 'served'))).toEqual([]);
    await startServing();
  });
});

describe('answers on their way', () => {
  const answer = (over: Partial<ServedAnswer> = {}): ServedAnswer => ({
    ...{ recommendation_id: createUuid7(), variant: 'main', is_shadow: false, served_at: new Date().toISOString(), user_id: 'u1' },
    ...{ route: 'default', revision: 0, assignment: 'user', propensity: 1, model: 'ease', version: '1', k: 1, movie_ids: [1], scores: [1] },
    ...{ exclude_seen: true, seen_from: 'database', history: [], history_length: 0, disliked: [], ordering: null },
    ...over,
  });
  const openLog = (own: string) => {
    let lost = 0;
    const log = createServedLog({
      folder: own,
      store: (answers) => storeServed(database.pool, answers),
      log: silentLog,
      onLost: (count) => void (lost += count),
    });
    return { ...log, lost: () => lost };
  };

  test('that are stored twice are there once, and go out once', async () => {
    const one = answer();
    await storeServed(database.pool, [one]);
    await database.pool.query('delete from outbox where id = $1', [one.recommendation_id]);
    const two = answer();
    await storeServed(database.pool, [one, two]);
    expect(await stored([one.recommendation_id, two.recommendation_id])).toEqual({ served: 2, sent: 1 });
  });

  test('of which one is refused, or damaged, hold up no other; what was given to nobody is passed over', async () => {
    const own = await mkdtemp(path.join(folder, 'own '));
    const served = openLog(own);
    const good = [answer(), answer()];
    served.write(good[0]!);
    served.write(answer({ assignment: 'luck' as never }));
    served.write(good[1]!);
    await waitFor('them to be stored', async () => (await stored(good.map(({ recommendation_id }) => recommendation_id))).served === 2);
    await served.close();
    expect(served.lost()).toBe(1);
  });

  test('that a process which is gone left behind are stored, but for a line that is damaged, and one that was given to nobody', async () => {
    const own = await mkdtemp(path.join(folder, 'own '));
    const [gone, alive] = [path.join(own, 'gone'), path.join(own, 'alive')];
    const [one, two, elsewhere] = [answer(), answer(), answer()];
    for (const [where, host] of [
      [gone, hostname()],
      [alive, 'another-machine'],
    ] as const) {
      await mkdir(where);
      await writeFile(path.join(where, 'owner.json'), JSON.stringify({ host, pid: 2 ** 22 + 1 })); // beyond what Linux gives
    }
    await writeFile(
      path.join(gone, 'a.jsonl'),
      [JSON.stringify(one), '{"damaged', JSON.stringify(two), '{"recommendation_id":'].join('\n'),
    );
    await writeFile(path.join(alive, 'b.jsonl'), `${JSON.stringify(elsewhere)}\n`);
    const served = openLog(own);
    await waitFor(
      'them to be stored',
      async () => (await stored([one, two].map(({ recommendation_id }) => recommendation_id))).served === 2,
    );
    await served.close();
    expect(served.lost()).toBe(1);
    expect((await stored([elsewhere.recommendation_id])).served).toBe(0); // whoever is on another machine may be alive
    expect(await readdir(own)).toEqual(['alive']);
  });
});
