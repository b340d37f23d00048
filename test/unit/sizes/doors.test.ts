import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Router } from 'express';
import { randomUUID } from 'node:crypto';
import type { ProblemBody } from '../../../contracts/problem.ts';
import { METRICS_OF_ALERT, ROWS_OF_REQUEST } from '../../../contracts/sizes.ts';
import { SURFACES } from '../../../api/surfaces.ts';
import { startTestApi, type ApiRequest, type TestApi } from '../../support/api.ts';
import { alertWithMetrics, deepList, deepObject, manyKeys } from '../../hostile/bodies.ts';

/** No engine is there: what is too large is refused before one is needed. */
const surfaces = {} as Record<keyof typeof SURFACES, TestApi>;
const NAMES = ['api', 'airflow', 'feast'] as const;
beforeAll(async () => {
  for (const name of NAMES) surfaces[name] = await startTestApi({}, SURFACES[name]);
});
afterAll(() => Promise.all(Object.values(surfaces).map((surface) => surface.stop())));

/** Every route that takes a body, with names in place of its parameters. */
function routesWithBody(router: Router, under = ''): { method: string; path: string }[] {
  return router.stack.flatMap(({ route, handle }) => {
    if (route) {
      const methods = Object.keys((route as unknown as { methods: Record<string, boolean> }).methods);
      const paths = [route.path].flat().map((path) => under + path.replace(/:\w+/g, 'movie_data_collection'));
      return methods.filter((method) => /post|put|patch/.test(method)).flatMap((method) => paths.map((path) => ({ method, path })));
    }
    return 'stack' in handle ? routesWithBody(handle as unknown as Router, under) : [];
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const HOSTILE: Record<string, ApiRequest> = {
  'objects 100,000 deep': { text: deepObject(100_000), headers: JSON_TYPE },
  'lists 500,000 deep': { text: deepList(500_000), headers: JSON_TYPE },
  '40,000 keys that nobody knows': { json: manyKeys(40_000) },
  'a key of 900 kB': { json: { ['k'.repeat(900_000)]: 1 } },
};

describe.each(NAMES)('%s', (name) => {
  test.each(Object.entries(HOSTILE))('refuses %s on every route, in few words, and goes on', async (_, request) => {
    const routes = routesWithBody(surfaces[name].app.router);
    expect(routes.length).toBeGreaterThan(3);
    const expected = request.text ? [422] : [200, 400, 404, 409, 422, 503];
    const ask = async ({ method, path }: (typeof routes)[number]) => {
      const under = name === 'airflow' ? `/api/v1${path}` : path;
      const { status, body } = await surfaces[name].call<unknown>(method.toUpperCase(), under, {
        ...request,
      });
      expect([under, expected.includes(status), status]).toEqual([under, true, status]);
      expect(JSON.stringify(body).length).toBeLessThan(20_000);
    };
    // One after the other: the server and all who ask share this thread, and a body that comes slowly is cut off.
    for (const route of routes) await ask(route);
    expect((await surfaces[name].call('GET', '/health/live')).status).toBe(200);
  });
});

const fieldsOf = (body: ProblemBody) => body.errors?.map(({ field }) => field);

describe('a size beyond its bound is told with the field', () => {
  const input = { path: 'x'.repeat(900_000) };
  test.each([
    ['POST', '/api/v1/trigger/model-drift', alertWithMetrics(METRICS_OF_ALERT + 1, randomUUID()), 'body.metrics'],
    ['POST', '/api/v1/trigger/model-drift', alertWithMetrics(40_000, randomUUID()), 'body.metrics'],
    ['POST', '/api/v1/runs', { workflow: 'movieDataCollection', input }, 'body.input'],
    ['PUT', '/api/v1/schedules/s', { workflow: 'movieDataCollection', cron: '0 3 * * *', input }, 'body.input'],
    ['POST', '/api/v1/runs', { workflow: 'modelSweep', input: { kind: 'ease', space: { l2: [1] }, base: input } }, 'body.input'],
    [
      'POST',
      '/api/v1/schedules/s/backfill',
      { start: `2026-01-01T00:00:00.${'0'.repeat(900_000)}Z`, end: '2026-01-02T00:00:00Z' },
      'body.start',
    ],
    [
      'POST',
      '/api/v1/features/batch',
      { entity_type: 'user', entity_ids: Array.from({ length: ROWS_OF_REQUEST + 1 }, String), features: ['rating'] },
      'body.entity_ids',
    ],
    ['POST', '/api/v1/features/push', { view: 'user_features', rows: manyKeys(40_000) }, 'body.rows'],
  ])('%s %s', async (method, path, json, field) => {
    const { status, body } = await surfaces.api.call(method, path, { json });
    expect({ status, field: fieldsOf(body)?.[0]?.slice(0, field.length) }).toEqual({ status: 422, field });
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
  });

  test("by Airflow's conf", async () => {
    const { status, body } = await surfaces.airflow.call('POST', '/api/v1/dags/movie_data_collection/dagRuns', { json: { conf: input } });
    expect({ status, fields: fieldsOf(body) }).toEqual({ status: 400, fields: ['body.conf'] });
  });

  test.each([
    ['/get-online-features', { entities: { user_id: Array.from({ length: 80_000 }, String) }, features: ['user_features:rating_count'] }],
    [
      '/get-online-features',
      { entities: Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`c${n}`, [1]])), features: ['user_features:rating_count'] },
    ],
    ['/get-online-features', { entities: { user_id: [1] }, features: Array.from({ length: 50_000 }, () => 'a:b') }],
    ['/get-online-features', { entities: { user_id: [1] }, features: ['f'.repeat(900_000)] }],
    ['/get-online-features', { entities: { user_id: ['u'.repeat(900_000)] }, features: ['user_features:rating_count'] }],
    ['/get-online-features', { entities: { ['k'.repeat(900_000)]: [1] }, features: ['user_features:rating_count'] }],
    ['/push', { push_source_name: 'p'.repeat(900_000), df: {} }],
    ['/push', { push_source_name: 'user_features_push', df: manyKeys(40_000) }],
    ['/push', { push_source_name: 'user_features_push', df: 'd'.repeat(900_000) }],
    ['/write-to-online-store', { feature_view_name: 'v'.repeat(900_000), df: {} }],
    ['/materialize-incremental', { end_ts: 't'.repeat(900_000) }],
    ['/materialize-incremental', { end_ts: '2026-01-01', feature_views: Array.from({ length: 50_000 }, () => 'user_features') }],
  ])('by Feast, in its own words: %s', async (path, json) => {
    const { status, body } = await surfaces.feast.call<unknown>('POST', path, { json });
    expect({ path, status }).toEqual({ path, status: 422 });
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
  });
});
