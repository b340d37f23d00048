import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Canary } from '../../contracts/canary.ts';
import { routeSpecSchema } from '../../contracts/routes.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { listRollouts } from '../../domain/canary/rollouts.ts';
import { getVersionByAlias } from '../../domain/registry/versions.ts';
import { findRoute, listRouteChanges, setRoutes } from '../../domain/serving/routeTable.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { holdRows } from '../support/holdRows.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { answerAll, registerVersion, verdictsOf } from '../support/rollouts.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let control: TestProcess;
let startControl: () => Promise<TestProcess>;
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  const [port = 0] = await freePorts(1);
  const env = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
  startControl = () => startProcess('workers/control', port, { ...env, WORKER_CONTROL_METRICS_PORT: String(port), LOG_LEVEL: 'warn' });
  control = await startControl();
});
afterAll(async () => {
  await control?.end();
  await temporal?.close();
  await database?.drop();
});

const STAGES = [0.1, 0.5, 1].map((share) => ({ share, min_minutes: 0, min_answers: 150 }));
const canary = async (): Promise<Canary> => (await listRollouts(database.pool, { route: 'shop', limit: 1 }))[0]!;

test('a rollout goes on though its worker is killed in each of its stages, and in the middle of promoting', async () => {
  const { pool } = database;
  const spec = routeSpecSchema.parse({ variants: [{ name: 'main', models: ['ease@champion'] }] });
  await setRoutes(pool, { shop: spec }, { author: { name: 'anna', reason: '' } });
  await registerVersion(pool, { alias: 'champion' });
  const version = await registerVersion(pool, { alias: 'challenger' });
  const handle = await temporal.client.workflow.start('canaryRollout', {
    workflowId: 'canary/shop',
    taskQueue: TASK_QUEUES.control,
    args: [{ route: 'shop', model: 'ease', version, stages: STAGES, check_seconds: 1 }],
  });
  for (const stage of [1, 2, 3]) {
    await waitFor(`stage ${stage}`, async () => (await canary())?.stages[stage - 1]);
    await control.end('SIGKILL');
    if (stage < 3) control = await startControl();
    else {
      const held = await holdRows(pool, 'update on canary_rollouts', `new.state = 'promoted'`);
      control = await startControl();
      await answerAll(pool, 'shop');
      await held.reached(); // the alias has moved, the route has not
      await control.end('SIGKILL');
      await held.giveUp();
      expect((await getVersionByAlias(pool, 'ease', 'champion'))!.version).toBe(version);
      expect((await findRoute(pool, 'shop'))!.variants).toHaveLength(2);
      control = await startControl();
    }
    if (stage < 3) await answerAll(pool, 'shop');
  }
  expect(await handle.result()).toEqual({ outcome: 'promoted', reason: 'passed all 3 stages' });
  expect(verdictsOf(await canary())).toEqual([
    [1, 0.1, 'pass'],
    [2, 0.5, 'pass'],
    [3, 1, 'pass'],
  ]);
  expect((await findRoute(pool, 'shop'))!.variants).toEqual(spec.variants);
  expect((await listRouteChanges(pool, 'shop', 10))!.map(({ reason }) => reason.replace(/^canary of ease\/\d+ on shop: /, ''))).toEqual([
    'promoted: passed all 3 stages',
    'stage 3 of 3, 100 %',
    'stage 2 of 3, 50 %',
    'stage 1 of 3, 10 %',
    '',
  ]);
  const metrics = await waitFor('the gauges', async () => {
    const text = await (await fetch(`${control.url}/metrics`)).text();
    return /^canary_rollouts\{state="promoted",.*\} 1$/m.test(text) ? text : undefined;
  });
  expect(metrics).not.toContain('canary_share{');
});
