import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import type { Lineage } from '../../contracts/registry.ts';
import type { RouteChange, ServedRoute } from '../../contracts/routes.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { Access } from '../../platform/config.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';
import { scoringHere } from '../support/scoringHere.ts';

const tensorflow = loadTensorflow('cpu');
const credentials: Access['credentials'] = [
  { name: 'anna', role: 'operator', secret: 'operates' },
  { name: 'ben', role: 'viewer', secret: 'views' },
];
const access = { ...OPEN_ACCESS, credentials };
const ANNA = { 'x-api-key': 'operates' };
const BEN = { 'x-api-key': 'views' };

let database: TestDatabase;
let folder: string;
let api: TestApi;
let url: string;
let stop: () => Promise<void>;
let trained: Record<'popularity' | 'ease' | 'item_knn', Awaited<ReturnType<typeof trainTinyModel>>>;
/** One that is no champion. */
let challenger: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-routes-'));
  const blobs = createBlobStore(`file:${folder}`);
  const train = (kind: keyof typeof trained) => trainTinyModel({ blobs, tf: tensorflow.tf }, kind);
  trained = { popularity: await train('popularity'), ease: await train('ease'), item_knn: await train('item_knn') };
  for (const kind of ['popularity', 'ease', 'item_knn'] as const) await promoteModel(database.pool, trained[kind], `training/r/${kind}`);
  challenger = await promoteModel(database.pool, trained.item_knn, 'training/r2/item_knn');
  await setAlias(database.pool, { name: 'item_knn', alias: 'champion', version: '1' });
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  const context = { log: silentLog, metrics: createMetrics('serving'), health: createHealth() };
  const connection = { url: database.url, poolSize: 4, external: true };
  const settings = { database: connection, blobUrl: `file:${folder}`, stateDir: folder, access, tensorflow };
  const serving = connectServing(settings, context, scoringHere(settings));
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${server.port}`;
  stop = async () => {
    await server.close();
    await serving.close();
  };
  api = await startTestApi({ database: connection, servingUrl: url, access });
  await servedWithin(2_000, 'default', 0);
});
afterAll(async () => {
  await api?.stop();
  await stop?.();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await database.pool.query('truncate route_revisions');
});

const call = <T>(method: string, at: string, json?: unknown, headers = ANNA) =>
  api.call<T>(method, `/api/v1${at}`, { headers, ...(json !== undefined && { json }) });
const setRoute = (route: string, body: object) => call<ServedRoute>('PUT', `/routes/${route}`, body);
async function recommend(body: object, headers = ANNA) {
  const answer = await fetch(`${url}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as RecommendAnswer };
}
async function servedWithin(promisedMs: number, route: string, revision: number) {
  const startedAt = performance.now();
  await waitFor(`revision ${revision} of ${route} to be served`, async () => {
    const { routes } = (await (await fetch(url, { headers: BEN })).json()) as { routes: { route: string; revision: number }[] };
    return routes.some((served) => served.route === route && served.revision === revision);
  });
  expect(performance.now() - startedAt).toBeLessThan(busyBound(promisedMs));
}
const only = (...models: string[]) => ({ variants: [{ name: 'main', models }] });

describe('a route', () => {
  test('is there as built in until somebody sets it', async () => {
    const { body } = await call<{ routes: ServedRoute[] }>('GET', '/routes', undefined, BEN);
    expect(body.routes.map(({ route, revision, changed_by }) => [route, revision, changed_by])).toEqual([
      ['default', 0, null],
      ['legacy', 0, null],
    ]);
    expect((await recommend({ user_id: 'u2' })).body).toMatchObject({ route: 'default', variant: 'main', model: { name: 'ease' } });
    expect((await recommend({ user_id: 'u2', route: 'legacy' })).body).toMatchObject({ model: { name: 'popularity' } });
  });

  test('that is set answers within two seconds, by versions that are no champions too, and no request fails meanwhile', async () => {
    const statuses = new Set<number>();
    let isAsking = true;
    const asking = Promise.all(
      ['u2', 'u3', 'u4'].map(async (user_id) => {
        while (isAsking) statuses.add((await recommend({ user_id })).status);
      }),
    );
    const { status, body } = await setRoute('default', { ...only(`item_knn/${challenger}`), reason: 'try the new one' });
    expect([status, body]).toMatchObject([200, { revision: 1, changed_by: 'anna', reason: 'try the new one' }]);
    await servedWithin(2_000, 'default', 1);
    expect((await recommend({ user_id: 'u2' })).body.model).toEqual({ name: 'item_knn', version: challenger });
    isAsking = false;
    await asking;
    expect([...statuses]).toEqual([200]);
  });

  test('with two variants keeps each user with one, on both servers, and an operator may ask for the other', async () => {
    const variants = [
      { name: 'old', weight: 1, models: ['ease@champion'] },
      { name: 'new', weight: 1, models: [`item_knn/${challenger}`] },
    ];
    await setRoute('trial', { variants });
    await servedWithin(2_000, 'trial', 1);
    const users = Array.from({ length: 12 }, (_, at) => `u${at + 1}`);
    const seen = new Set<string>();
    for (const user_id of users) {
      const { variant, model } = (await recommend({ user_id, route: 'trial' })).body;
      expect(model.name).toBe(variant === 'old' ? 'ease' : 'item_knn');
      const byApi = await call<RecommendAnswer>('GET', `/recommendations?user_id=${user_id}&route=trial`, undefined, BEN);
      expect(byApi.body).toMatchObject({ route: 'trial', variant, model });
      seen.add(variant);
      const other = variant === 'old' ? 'new' : 'old';
      expect((await recommend({ user_id, route: 'trial', variant: other })).body.variant).toBe(other);
      expect((await call<RecommendAnswer>('GET', `/recommendations?user_id=${user_id}&route=trial&variant=${other}`)).body.variant).toBe(
        other,
      );
    }
    expect([...seen].sort()).toEqual(['new', 'old']);
    expect((await recommend({ user_id: 'u1', route: 'trial', variant: 'old' }, BEN)).status).toBe(403);
    expect((await call('GET', '/recommendations?user_id=u1&route=trial&variant=old', undefined, BEN)).status).toBe(403);
    const lineage = await call<Lineage>('GET', `/models/item_knn/versions/${challenger}/lineage`);
    expect(lineage.body.routes).toContainEqual({ route: 'trial', variant: 'new', preference: 1, serves: true });
    expect(lineage.body.routes).toContainEqual({ route: 'default', variant: 'main', preference: 6, serves: false });
  });

  test('whose models nobody has loaded, as with a mistyped alias, is told of by health', async () => {
    await setRoute('mistyped', only('ease@chmapion'));
    await waitFor('health to tell', async () =>
      (await (await fetch(`${url}/health`, { headers: ANNA })).text()).includes(
        'none of ease@chmapion is loaded for variant main of route mistyped',
      ),
    );
  });

  test('goes on as it was while the model of a change cannot be loaded, and health says which', async () => {
    const broken = await promoteModel(
      database.pool,
      { ...trained.ease, model: { ...trained.ease.model, uri: 'blob:trained/ease/nowhere' } },
      'training/broken/ease',
    );
    await setAlias(database.pool, { name: 'ease', alias: 'champion', version: '1' });
    await setRoute('trial', only('item_knn@champion'));
    await servedWithin(2_000, 'trial', 1);
    await setRoute('trial', only(`ease/${broken}`));
    await waitFor('the failure to show', async () =>
      (await (await fetch(`${url}/health`, { headers: ANNA })).text()).includes('revision 2 of route trial is not taken up'),
    );
    expect((await recommend({ user_id: 'u2', route: 'trial' })).body).toMatchObject({ model: { name: 'item_knn', version: '1' } });
    await call('POST', '/routes/trial/undo', {});
    await servedWithin(2_000, 'trial', 3);
  });
});

describe('the history of a route', () => {
  test('has each change with who and why, and undo goes back through it, one change a call', async () => {
    for (const model of ['ease@champion', 'item_knn@champion', 'popularity@champion'])
      await setRoute('trial', { ...only(model), reason: `by ${model}` });
    const undo = () => call<ServedRoute | null>('POST', '/routes/trial/undo', { reason: 'worse' });
    expect((await undo()).body).toMatchObject({ revision: 4, variants: [{ models: ['item_knn@champion'] }], reason: 'worse' });
    expect((await undo()).body).toMatchObject({ revision: 5, variants: [{ models: ['ease@champion'] }] });
    expect(await undo()).toMatchObject({ status: 200, body: null });
    expect(await undo()).toMatchObject({ status: 409, body: { detail: 'route trial is as it was before anybody changed it' } });
    expect((await call('GET', '/routes/trial')).status).toBe(404);
    expect((await call<ServedRoute>('POST', '/routes/trial/undo', { to: 3 })).body).toMatchObject({
      variants: [{ models: ['popularity@champion'] }],
    });
    const { body } = await call<{ changes: RouteChange[] }>('GET', '/routes/trial/history');
    expect(body.changes.map(({ revision, restores, changed_by, reason }) => [revision, restores, changed_by, reason])).toEqual([
      [7, 3, 'anna', ''],
      [6, 0, 'anna', 'worse'],
      [5, 1, 'anna', 'worse'],
      [4, 2, 'anna', 'worse'],
      [3, null, 'anna', 'by popularity@champion'],
      [2, null, 'anna', 'by item_knn@champion'],
      [1, null, 'anna', 'by ease@champion'],
    ]);
  });

  test('stays when a route is removed; one that is built in is as built then', async () => {
    await setRoute('default', only('item_knn@champion'));
    await call('DELETE', '/routes/default?reason=enough');
    expect((await call<ServedRoute>('GET', '/routes/default')).body).toMatchObject({ revision: 0, changed_by: null });
    expect((await call<{ changes: RouteChange[] }>('GET', '/routes/default/history')).body.changes).toMatchObject([
      { revision: 2, spec: null, reason: 'enough' },
      { revision: 1 },
    ]);
    await setRoute('trial', only('ease@champion'));
    await servedWithin(2_000, 'trial', 1);
    expect((await call('DELETE', '/routes/trial')).status).toBe(200);
    await waitFor('it to be gone', async () => (await recommend({ route: 'trial' })).status === 422);
    expect((await call('DELETE', '/routes/trial')).status).toBe(404);
  });
});

describe('a change', () => {
  test('of several routes is made whole or not at all', async () => {
    const good = only('ease@champion');
    const refused = await call('PUT', '/routes', { routes: { one: good, two: only('ease/99') } });
    expect(refused).toMatchObject({ status: 422, body: { detail: expect.stringContaining('ease has no version 99') } });
    expect((await call('GET', '/routes/one')).status).toBe(404);
    expect((await call('PUT', '/routes', { routes: { one: good, two: good }, reason: 'both' })).status).toBe(200);
    expect((await call<ServedRoute>('GET', '/routes/two')).body).toMatchObject({ revision: 1, reason: 'both' });
  });

  test('that expects another revision is refused, and of many at once each has a revision of its own', async () => {
    const body = only('ease@champion');
    expect((await setRoute('trial', { ...body, if_revision: 0 })).status).toBe(200);
    expect(await setRoute('trial', { ...body, if_revision: 0 })).toMatchObject({
      status: 409,
      body: { detail: 'route trial is at revision 1, not 0' },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => setRoute('trial', body)));
    expect(answers.map(({ body: { revision } }) => revision).sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test.each([
    ['no variant', { variants: [] }, 'body.variants'],
    ['weights of nobody', { variants: [{ name: 'a', weight: 0, models: ['ease@champion'] }] }, 'body.variants'],
    ['a weight below 0', { variants: [{ name: 'a', weight: -1, models: ['ease@champion'] }] }, 'body.variants.0.weight'],
    ['a weight that is none', { variants: [{ name: 'a', weight: 'NaN', models: ['ease@champion'] }] }, 'body.variants.0.weight'],
    ['a model of no kind', only('doom@champion'), 'body.variants.0.models.0'],
    ['a model without alias or version', only('ease'), 'body.variants.0.models.0'],
    ['two variants of one name', { variants: [...only('ease@champion').variants, ...only('item_knn@champion').variants] }, 'body.variants'],
    ['a shadow with the name of a variant', { ...only('ease@champion'), shadows: only('item_knn@champion').variants }, 'body.variants'],
    [
      'more variants than there may be',
      { variants: Array.from({ length: 21 }, (_, at) => ({ name: `v${at}`, models: ['ease@champion'] })) },
      'body.variants',
    ],
    ['a field that is none', { ...only('ease@champion'), colour: 'red' }, 'body'],
  ])('with %s is refused by its field', async (_what, body, field) => {
    expect(await setRoute('trial', body)).toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([{ field, message: expect.any(String) }]) },
    });
    expect((await call('GET', '/routes/trial')).status).toBe(404);
  });

  test('is for operators, and a name that is none is refused', async () => {
    expect((await call('PUT', '/routes/trial', only('ease@champion'), BEN)).status).toBe(403);
    expect((await call('POST', '/routes/default/undo', {}, BEN)).status).toBe(403);
    expect((await call('PUT', '/routes/__proto__', only('ease@champion'))).status).toBe(422);
    expect((await call('PUT', '/routes', { routes: { 'a b': only('ease@champion') } })).status).toBe(422);
    expect((await recommend({ route: 'constructor' })).status).toBe(422);
  });
});
