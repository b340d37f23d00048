import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunDetail } from '../../contracts/runs.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startFakeModelServer, type FakeModelServer } from '../support/modelServer.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let serving: FakeModelServer;
let toPostgres: Proxy;
let toTemporal: Proxy;
let api: TestApi;
beforeAll(async () => {
  [database, temporal, serving] = await Promise.all([createTestDatabase(), createTestTemporal(), startFakeModelServer()]);
  [toPostgres, toTemporal] = await Promise.all([createProxy(database.url), createProxy(`tcp://${temporal.address}`)]);
  // Both are away when the API starts.
  await Promise.all([toPostgres.cut(), toTemporal.cut()]);
  api = await startTestApi({
    database: { url: toPostgres.url, poolSize: 4, external: true },
    temporal: { address: new URL(toTemporal.url).host, namespace: temporal.namespace, external: true },
    servingUrl: serving.url,
  });
});
afterAll(async () => {
  await api.stop();
  await Promise.all([toPostgres.cut(), toTemporal.cut(), serving.close()]);
  await temporal.close();
  await database.drop();
});

const start = (run: string) => api.call<RunDetail>('POST', '/api/v1/runs', { json: { workflow: 'movieDataCollection', run } });
const health = async () => {
  const { status, body } = await api.call<{ dependencies: Record<string, { ok: boolean }> }>('GET', '/health');
  return { status, ok: Object.fromEntries(Object.entries(body.dependencies).map(([name, { ok }]) => [name, ok])) };
};
const waitForHealth = (ok: Record<string, boolean>) =>
  waitFor(JSON.stringify(ok), async () => {
    const seen = await health();
    return JSON.stringify(seen.ok) === JSON.stringify(ok) ? seen : undefined;
  });

/** 503 within five seconds, with when to come again, naming what is away. */
async function expectUnavailable(engine: string, call: Promise<{ status: number; headers: Headers; body: unknown }>) {
  const askedAt = performance.now();
  const { status, headers, body } = await call;
  expect(performance.now() - askedAt).toBeLessThan(busyBound(5_000));
  expect({ status, retryAfter: headers.get('retry-after'), body }).toEqual({
    status: 503,
    retryAfter: '2',
    body: expect.objectContaining({ title: 'Service unavailable', detail: `${engine} is not available; try again shortly` }),
  });
}

describe('the API with its engines away', () => {
  test('is up from the start, says what it misses, and comes to by itself as they come', async () => {
    expect(await waitForHealth({ postgres: false, 'online store': false, temporal: false, serving: true })).toMatchObject({ status: 503 });
    expect((await api.call('GET', '/health/live')).status).toBe(200);
    await expectUnavailable('postgres', api.call('GET', '/api/v1/runs'));
    await expectUnavailable('temporal', api.call('GET', '/api/v1/schedules'));

    await toPostgres.restore();
    await waitForHealth({ postgres: true, 'online store': true, temporal: false, serving: true });
    expect((await api.call('GET', '/api/v1/runs')).status).toBe(200);
    await expectUnavailable('temporal', start('early'));

    await toTemporal.restore();
    expect(await waitForHealth({ postgres: true, 'online store': true, temporal: true, serving: true })).toMatchObject({ status: 200 });
    // The name was given back when the start failed.
    expect((await start('early')).status).toBe(202);
    expect((await api.call('GET', '/api/v1/schedules')).status).toBe(200);
  });

  test('loses Temporal and finds it again: what it was told stays readable', async () => {
    await start('before');
    await toTemporal.cut();
    await expectUnavailable('temporal', start('meanwhile'));
    await expectUnavailable('temporal', api.call('POST', '/api/v1/runs/collection/before/cancel'));
    expect(await api.call('GET', '/api/v1/runs/collection/before')).toMatchObject({ status: 200, body: { run_id: 'collection/before' } });
    expect((await api.call('GET', '/api/v1/runs/collection/meanwhile')).status).toBe(404);

    await toTemporal.restore();
    await waitFor('a run to start', async () => (await start('after')).status === 202);
    expect((await start('meanwhile')).status).toBe(202);
  });

  test('waits for a Temporal that is slow to answer', async () => {
    const startedAt = performance.now();
    toTemporal.stall(4_000);
    const schedule = { workflow: 'movieDataCollection', cron: '0 3 * * *' };
    expect(await api.call('PUT', '/api/v1/schedules/slow', { json: schedule })).toMatchObject({ status: 200 });
    expect(performance.now() - startedAt).toBeGreaterThan(3_900);
  });

  test('loses Postgres and finds it again', async () => {
    await toPostgres.cut();
    for (const path of ['/api/v1/runs', '/api/v1/runs/collection/before', '/api/v1/models']) {
      await expectUnavailable('postgres', api.call('GET', path));
    }
    await expectUnavailable('postgres', start('meanwhile-too'));
    await toPostgres.restore();
    await waitFor('the runs', async () => (await api.call('GET', '/api/v1/runs')).status === 200);
  });
});
