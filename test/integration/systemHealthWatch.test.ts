import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { SystemHealthEvent } from '../../contracts/events.ts';
import type { ScaledService, ScalingAlert } from '../../contracts/scaling.ts';
import { SCALING_SETTINGS } from '../../contracts/settings/scaling.ts';
import { healthWatchId } from '../../contracts/workflows.ts';
import { createScalingActivities } from '../../activities/scaling.ts';
import { recordSystemHealth } from '../../domain/events/systemHealth.ts';
import { findUnwatched, lookAtService } from '../../domain/scaling/watch.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { readConfig } from '../../platform/config.ts';
import { measureRollouts } from '../../workers/control/measureRollouts.ts';
import { watchOverloaded } from '../../workers/ingest/healthSignals.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { startWorkerOfAnswers } from '../support/workerOfAnswers.ts';
import { z } from 'zod';

const SETTINGS = SCALING_SETTINGS.read(
  z.object(SCALING_SETTINGS.variables).parse({ HEALTH_WINDOW_S: 6, HEALTH_CALM_S: 6, HEALTH_LOOK_S: 1, SCALING_MIN_REPLICAS: 1 }),
);

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let stopWorker: () => Promise<void>;
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  const { pool } = database;
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, scaling: SETTINGS });
  stopWorker = await startWorkerOfAnswers(temporal, pool, createScalingActivities({ pool, settings: SETTINGS }));
});
afterAll(async () => {
  await stopWorker?.();
  await api?.stop();
  await temporal?.close();
  await database?.drop();
});
beforeEach(() => database.pool.query('truncate system_health, scaling_alerts, service_watches'));

const sample = (service: string, cpu: number, secondsAgo = 0): SystemHealthEvent => ({
  event_id: randomUUID(),
  service_name: service,
  cpu_usage: cpu,
  memory_usage: 10,
  timestamp: new Date(Date.now() - 1_000 * secondsAgo).toISOString(),
});
const say = (...events: SystemHealthEvent[]) => recordSystemHealth(database.pool, events);
const watch = () => watchOverloaded(database.pool, { temporal: temporal.client, settings: SETTINGS, log: silentLog });
const read = async (service: string) =>
  (await api.call<ScaledService & { alerts: ScalingAlert[] }>('GET', `/api/v1/scaling/${service}`)).body;
/** Goes on, however long the first look takes: what is old raises nothing. */
const sayUntilRaised = (service: string) =>
  waitFor('the alert', async () => {
    await say(sample(service, 200));
    const one = await read(service);
    return one.state === 'raised' ? one : undefined;
  });
const look = (service: string) => lookAtService(database.pool, service, SETTINGS);

describe('a service that has too much to do', () => {
  test('is watched until it is calm: an alert is raised, an autoscaler reads it, and it is resolved', async () => {
    const service = 'movie-api';
    expect(await read(service)).toMatchObject({ wanted_replicas: 1, state: 'calm', alerts: [] });
    await say(...[3, 2, 1].map((seconds) => sample(service, 200, seconds)));
    await watch();
    expect(await sayUntilRaised(service)).toMatchObject({
      wanted_replicas: 4,
      reason: expect.stringMatching(/^(\d) of \1 samples are high, the latest of them cpu_usage 200 beyond 80$/),
    });
    const listed = await api.call<{ services: ScaledService[] }>('GET', '/api/v1/scaling');
    expect(listed.body.services).toMatchObject([{ service, wanted_replicas: 4 }]);

    const result = await temporal.client.workflow.getHandle(healthWatchId(service)).result();
    expect(result).toMatchObject({ looks: expect.any(Number) });
    expect(await read(service)).toMatchObject({
      ...{ wanted_replicas: 1, state: 'calm', raised_at: null },
      alerts: [{ wanted_replicas: 4, resolved_at: expect.any(String), resolved_reason: 'it has said nothing for 6 s' }],
    });
    expect((await database.pool.query('select from service_watches')).rowCount).toBe(0);
  });

  test('that says so a thousand times is told of once', async () => {
    const service = 'busy';
    await say(...Array.from({ length: 1_000 }, () => sample(service, 95)));
    for (let turn = 0; turn < 5; turn += 1) await watch();
    expect(await findUnwatched(database.pool, SETTINGS)).toEqual([]);
    await sayUntilRaised(service);
    const handle = temporal.client.workflow.getHandle(healthWatchId(service));
    await handle.result();
    const { events } = await handle.fetchHistory();
    expect(events!.filter(({ workflowExecutionSignaledEventAttributes: told }) => told)).toHaveLength(1);
    expect((await read(service)).alerts).toHaveLength(1);
  });

  test('is watched again where its watch was ended from outside', async () => {
    const service = 'lost';
    await say(sample(service, 95));
    await database.pool.query(`insert into service_watches values ($1, now())`, [service]);
    expect(await findUnwatched(database.pool, SETTINGS)).toEqual([]);
    await database.pool.query(`update service_watches set looked_at = now() - interval '7 seconds'`);
    expect(await findUnwatched(database.pool, SETTINGS)).toEqual([service]);
  });
});

test('a look that is done twice raises one alert', async () => {
  await say(...Array.from({ length: 3 }, () => sample('twice', 200)));
  expect([await look('twice'), await look('twice')]).toEqual([
    { state: 'raised', wanted: 4 },
    { state: 'raised', wanted: 4 },
  ]);
  expect((await read('twice')).alerts).toHaveLength(1);
});

test('one high sample is watched and raises nothing; old, future and oddly named ones are nothing', async () => {
  await say(sample('once', 95), sample('old', 95, 60), sample('odd name', 95), sample('calm', 20));
  expect(await findUnwatched(database.pool, SETTINGS)).toEqual(['once']);
  expect(await look('once')).toEqual({ state: 'watched', wanted: 1 });
  expect(await look('old')).toEqual({ state: 'calm', wanted: 1 });
  await say(...Array.from({ length: 3 }, () => sample('ahead', 95, -3_600)));
  await database.pool.query(`delete from service_watches`);
  expect(await findUnwatched(database.pool, SETTINGS)).toEqual(['once']);
  expect(await look('ahead')).toEqual({ state: 'calm', wanted: 1 });
  expect((await api.call('GET', '/api/v1/scaling/odd%20name')).status).toBe(422);
});

describe('whoever starts watches and who watches judge by the same samples:', () => {
  /** Of some seconds ahead, which none is too old for, however long a test waits for its turn. */
  const calm = Array.from({ length: 9 }, () => [20, -30] as const);
  test.each<[string, boolean, readonly (readonly [cpu: number, secondsAgo: number])[]]>([
    ['a high one before four calm ones', true, [[95, -20], ...calm.slice(0, 4)]],
    ['a high one before five calm ones', false, [[95, -20], ...calm.slice(0, 5)]],
    ['a high one after nine calm ones', true, [[95, -40], ...calm]],
    ['a high one of an hour ahead', false, [[95, -3_600], ...calm.slice(0, 1)]],
    ['a high one that is too old', false, [[95, 60]]],
  ])('%s', async (_what, isWatched, samples) => {
    await say(...samples.map(([cpu, secondsAgo]) => sample('judged', cpu, secondsAgo)));
    expect(await findUnwatched(database.pool, SETTINGS)).toEqual(isWatched ? ['judged'] : []);
    expect((await look('judged')).state).toBe(isWatched ? 'watched' : 'calm');
  });

  test('of a hundred that are of one moment, of which one is high', async () => {
    const at = new Date().toISOString();
    const moment = Array.from({ length: 100 }, (_, nth) => ({ ...sample('judged', nth === 50 ? 95 : 20), timestamp: at }));
    await say(...moment);
    const latest = moment.toSorted((one, other) => (one.event_id < other.event_id ? -1 : 1)).slice(0, 5);
    const isHigh = latest.some(({ cpu_usage }) => cpu_usage > 80);
    expect(await findUnwatched(database.pool, SETTINGS)).toEqual(isHigh ? ['judged'] : []);
    expect((await look('judged')).state).toBe(isHigh ? 'watched' : 'calm');
  });

  test('one that came long before its time counts when that has come', async () => {
    await say(sample('early', 95));
    await database.pool.query(`update system_health set received_at = now() - interval '1 hour'`);
    expect(await findUnwatched(database.pool, SETTINGS)).toEqual(['early']);
    expect((await look('early')).state).toBe('watched');
  });
});

test('of more services than may be watched, those beyond wait', async () => {
  await say(...Array.from({ length: 130 }, (_, nth) => sample(`s${nth}`, 95)));
  expect(await findUnwatched(database.pool, SETTINGS)).toHaveLength(100);
  await database.pool.query(`insert into service_watches select 'w' || n, now() from generate_series(1, 95) n`);
  expect(await findUnwatched(database.pool, SETTINGS)).toHaveLength(5);
});

test('the gauges tell what is wanted', async () => {
  await say(...Array.from({ length: 3 }, () => sample('gauged', 200)));
  await look('gauged');
  const metrics = createMetrics('worker-control');
  const endings: (() => Promise<void>)[] = [];
  measureRollouts(
    { config: readConfig({}), log: silentLog, metrics, onShutdown: (_name, end) => void endings.push(end as () => Promise<void>) },
    database.pool,
  );
  try {
    await waitFor('the gauge', async () => /^wanted_replicas\{service="gauged",.*\} 4$/m.test(await metrics.metrics()));
  } finally {
    for (const end of endings) await end();
  }
});
