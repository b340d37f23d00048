import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BackfillResult } from '../../contracts/schedules.ts';
import { putScheduleBodySchema } from '../../contracts/schedules.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { listBackfills } from '../../domain/runs/backfills.ts';
import { createTemporalSchedules } from '../../platform/temporal/schedules.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { holdRows } from '../support/holdRows.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let folder: string;
let worker: TestProcess;
let startWorker: () => Promise<TestProcess>;
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  folder = await mkdtemp(path.join(tmpdir(), 'mlops backfill '));
  const [port = 0] = await freePorts(1);
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WORKER_CONTROL_METRICS_PORT: String(port),
    STATE_DIR: folder,
    DATA_DIR: folder,
    BLOB_URL: `file:${folder}`,
  };
  startWorker = () => startProcess('workers/control', port, env);
  worker = await startWorker();
});
afterAll(async () => {
  await worker.end();
  await temporal.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

test('a backfill whose worker is killed half-way goes on with the next worker and runs no time twice', async () => {
  const action = { workflowId: runId('tmdbRetention', 'daily'), taskQueue: TASK_QUEUES.control };
  const schedule = putScheduleBodySchema.parse({ workflow: 'tmdbRetention', cron: '0 5 * * *', paused: true });
  await createTemporalSchedules(temporal.client).put('daily', { ...schedule, ...action });
  const input = { schedule_id: 'daily', start: '2026-01-01T00:00:00Z', end: '2026-01-30T12:00:00Z', max_concurrent: 3, times: 30 };
  const seventhRun = await holdRows(database.pool, 'insert on run_steps', '(select count(*) >= 12 from run_steps)'); // two of each run
  const handle = await temporal.client.workflow.start('scheduleBackfill', {
    workflowId: runId('scheduleBackfill', 'killed'),
    taskQueue: TASK_QUEUES.control,
    args: [input],
  });
  const progress = async () => (await listBackfills(database.pool, 'daily'))[0];

  await waitFor('some runs', async () => ((await progress())?.succeeded ?? 0) >= 3);
  await seventhRun.reached();
  await worker.end('SIGKILL');
  await seventhRun.giveUp();
  expect((await handle.describe()).status.name).toBe('RUNNING');
  worker = await startWorker();

  const result = (await handle.result()) as BackfillResult;
  expect(result).toMatchObject({ succeeded: 30, failed: 0, already_run: 0 });
  const executions: string[] = [];
  await waitFor('thirty runs', async () => {
    executions.length = 0;
    const query = `WorkflowType = 'tmdbRetention' and TemporalScheduledById = 'daily'`;
    for await (const { workflowId } of temporal.client.workflow.list({ query })) executions.push(workflowId);
    return executions.length >= 30;
  });
  expect(executions).toHaveLength(30);
  expect(new Set(executions).size).toBe(30);
  // Everybody sees it in the ledger, also what went on while no worker was there to write it down.
  await waitFor('the ledger', async () => {
    const { state, running } = (await progress()) ?? {};
    return state === 'success' && running === 0;
  });
  expect(await progress()).toMatchObject({ succeeded: 30, failed: 0, running: 0, times: 30 });
});
