import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { recordInteractions } from '../../domain/events/interactions.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { logMetrics, startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, holdModel } from '../../domain/registry/versions.ts';
import { readConfig } from '../../platform/config.ts';
import { measureModels } from '../../workers/control/measureModels.ts';
import { measureSystemChecks } from '../../workers/control/measureSystemChecks.ts';
import { measureUsers } from '../../workers/control/measureUsers.ts';
import { measureWorkflows } from '../../workers/control/measureWorkflows.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let temporal: TestTemporal;
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
});
afterAll(async () => {
  await temporal.close();
  await database.drop();
});

/** What is shown once `isThere`, by a process that ends then. */
async function shown(
  measure: (context: Parameters<typeof measureWorkflows>[0]) => void,
  isThere: (text: string) => boolean,
): Promise<string> {
  const metrics = new Registry();
  const ends: (() => Promise<unknown>)[] = [];
  const config = readConfig({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace });
  measure({ config, metrics, log: silentLog, onShutdown: (_step, close) => void ends.push(close) });
  try {
    let text = '';
    await waitFor('the metrics', async () => isThere((text = await metrics.metrics())));
    return text;
  } finally {
    await Promise.all(ends.map((close) => close()));
  }
}

test('runs are counted by workflow and by what became of them, with when the latest ended so', async () => {
  await database.pool.query(
    `insert into runs (run_id, workflow, state, started_by, ended_at) values
       ('training/a', 'movieTrainingPipeline', 'failed', 'x', to_timestamp(100)), ('training/b', 'movieTrainingPipeline', 'failed', 'x', to_timestamp(200)),
       ('training/c', 'movieTrainingPipeline', 'running', 'x', null), ('import/d', 'dataImport', 'success', 'x', to_timestamp(50))`,
  );
  const text = await shown(
    (context) => measureWorkflows(context, database.pool),
    (page) => page.includes('workflow_runs_started_total{'),
  );
  expect(text).toContain('workflow_runs_started_total{workflow="movieTrainingPipeline"} 3');
  expect(text).toContain('workflow_runs_ended_total{workflow="movieTrainingPipeline",state="failed"} 2');
  expect(text).toContain('workflow_run_last_end_timestamp_seconds{workflow="movieTrainingPipeline",state="failed"} 200');
  expect(text).toContain('workflow_runs_open{workflow="movieTrainingPipeline"} 1');
  expect(text).toContain('workflow_runs_ended_total{workflow="dataImport",state="success"} 1');
});

test('what waits on a task queue that nobody polls is counted, with how long it has', async () => {
  const started = await temporal.client.workflow.start('nobodyDoesThis', { taskQueue: 'control', workflowId: randomUUID() });
  try {
    const queue = 'queue="control",kind="workflow"';
    const text = await shown(
      (context) => measureWorkflows(context, database.pool),
      (page) => page.includes(`task_queue_backlog{${queue}} 1`),
    );
    expect(text).toMatch(/task_queue_backlog_age_seconds\{queue="control",kind="workflow"\} [0-9.]+/);
    expect(text).toContain(`task_queue_pollers{${queue}} 0`);
    expect(text).toContain('task_queue_backlog{queue="training",kind="activity"} 0');
  } finally {
    await started.terminate();
  }
});

test('what the latest check of the nine systems found of each, how long it took, and when that was', async () => {
  const { pool } = database;
  const answer = (system: string, part: string, state: string, ms: number) => ({ system, part, asked: 'it', state, answer: 'x', ms });
  const checked = (checked_at: string, systems: unknown[]) => JSON.stringify({ ok: true, checked_at, systems });
  await pool.query(
    `insert into runs (run_id, workflow, state, started_by, created_at, ended_at, result) values
       ('check/a', 'fullSystemCheck', 'success', 'x', to_timestamp(100), to_timestamp(100), $1),
       ('check/b', 'fullSystemCheck', 'success', 'x', to_timestamp(200), to_timestamp(200), $2),
       ('check/c', 'fullSystemCheck', 'failed', 'x', to_timestamp(300), to_timestamp(300), null)`,
    [
      checked('1970-01-01T00:01:40.000Z', [answer('9 events', 'events', 'ok', 4)]),
      checked('1970-01-01T00:03:20.000Z', [answer('9 events', 'events', 'failed', 1_500), answer('8 monitoring', 'grafana', 'absent', 2)]),
    ],
  );
  const text = await shown(
    (context) => measureSystemChecks(context, pool),
    (page) => page.includes('system_check_state{'),
  );
  const of = (system: string, part: string) => `system="${system}",part="${part}"`;
  expect(text.match(/^system_check_\w+(\{.*\})? .*$/gm)?.sort()).toEqual([
    `system_check_answer_seconds{${of('8 monitoring', 'grafana')}} 0.002`,
    `system_check_answer_seconds{${of('9 events', 'events')}} 1.5`,
    'system_check_last_timestamp_seconds 200',
    `system_check_state{${of('8 monitoring', 'grafana')},state="absent"} 1`,
    `system_check_state{${of('8 monitoring', 'grafana')},state="failed"} 0`,
    `system_check_state{${of('8 monitoring', 'grafana')},state="ok"} 0`,
    `system_check_state{${of('9 events', 'events')},state="absent"} 0`,
    `system_check_state{${of('9 events', 'events')},state="failed"} 1`,
    `system_check_state{${of('9 events', 'events')},state="ok"} 0`,
  ]);
});

test('sessions under way, how content users are, and when the latest of them did anything', async () => {
  const none = await shown(
    (context) => measureUsers(context, database.pool),
    (page) => page.includes('user_sessions_active 0'),
  );
  expect(none).toContain('user_satisfaction_ratio Nan');
  const did = (user: string, type: 'view' | 'like' | 'dislike' | 'rating', minutesAgo: number, rating?: number) => ({
    ...{ event_id: randomUUID(), user_id: user, movie_id: '1', interaction_type: type, session_id: `of-${user}` },
    ...{ timestamp: new Date(Date.now() - minutesAgo * 60_000).toISOString(), ...(rating !== undefined && { rating }) },
  });
  const events = [did('a', 'view', 1), did('a', 'like', 2), did('b', 'rating', 3, 2), did('c', 'dislike', 45), did('d', 'rating', 50, 4)];
  await recordInteractions(database.pool, events);
  const text = await shown(
    (context) => measureUsers(context, database.pool),
    (page) => page.includes('user_sessions_active 2'),
  );
  expect(text).toContain('user_satisfaction_ratio 0.5');
  expect(Number(/^interactions_last_timestamp_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(Date.now() / 1_000 - 3_600);
});

test('how good champions and challengers are by their evaluations, and no figure of the training', async () => {
  const { pool } = database;
  const experimentId = await ensureExperiment(pool, 'any');
  await holdModel(pool, 'ials');
  for (const [version, alias] of [
    ['1', 'champion'],
    ['2', 'challenger'],
    ['3', null],
  ] as const) {
    const registryRunId = await startRegistryRun(pool, { experimentId, name: version, userId: 'x', origin: `training/${version}` });
    const at = { step: 0, recordedAt: new Date() };
    await logMetrics(pool, registryRunId, [
      { ...at, key: 'full_ndcg_at_10', value: Number(version) / 10 },
      { ...at, key: 'train_ms', value: 5 },
    ]);
    await createModelVersion(pool, { name: 'ials', source: 'blob:x', registryRunId, origin: `training/${version}`, tags: {} });
    if (alias) await setAlias(pool, { name: 'ials', alias, version });
  }
  const text = await shown(
    (context) => measureModels(context, pool),
    (page) => page.includes('model_accuracy{'),
  );
  expect(text.match(/^model_accuracy\{.*$/gm)).toEqual([
    'model_accuracy{model="ials",version="1",metric="full_ndcg_at_10"} 0.1',
    'model_accuracy{model="ials",version="2",metric="full_ndcg_at_10"} 0.2',
  ]);
});
