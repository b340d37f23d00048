/**
 * Records one history per workflow, `tsx test/replay/record.ts --release <version>`, against a Temporal server and activities that answer at once.
 * Recordings are append-only: a file that exists is not written again. See CONTRIBUTING.md, "Changing a workflow".
 */
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { FailureType } from '../../contracts/failures.ts';
import { driftRetrainId, DRIFT_ALERT_SIGNAL, modelRunId, runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { startEngines } from '../../deploy/local/engines/startEngines.ts';
import { PROJECT_ROOT, readConfig } from '../../platform/config.ts';
import { TRACE_SINKS } from '../../workers/traceSteps.ts';
import { answers } from './answers.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const { release } = parseArgs({ options: { release: { type: 'string' } } }).values;
if (!release) throw new Error('give --release <version>');
const folder = path.join(import.meta.dirname, 'histories', release);
mkdirSync(folder, { recursive: true });

const CONTESTED = 'contested';
let isContested = true;

const stateDir = mkdtempSync(path.join(tmpdir(), 'mlops-record-'));
const engines = await startEngines({ stateDir, cacheDir: readConfig().cacheDir, which: ['temporal'] });
const address = engines.addresses.temporal;
const connection = await NativeConnection.connect({ address });
const client = new Client({ connection: await Connection.connect({ address }), identity: 'recorder' });
const workflowBundle = { codePath: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs') };
const workers = await Promise.all(
  Object.values(TASK_QUEUES).map((taskQueue) =>
    Worker.create({
      connection,
      taskQueue,
      workflowBundle,
      activities: { ...answers, registerModel },
      sinks: TRACE_SINKS,
      identity: 'recorder',
    }),
  ),
);
const polling = workers.map((worker) => worker.run());

try {
  const training = runId('movieTrainingPipeline', 'recorded');
  const collection = runId('movieDataCollection', 'recorded');
  const materialization = runId('featureMaterialization', 'recorded');
  const drift = driftRetrainId('popularity');
  const options = { taskQueue: TASK_QUEUES.control };
  await client.workflow.execute('movieDataCollection', { ...options, workflowId: collection, args: [{}] });
  const imported = runId('dataImport', 'recorded');
  await client.workflow.execute('dataImport', { ...options, workflowId: imported, args: [{ path: '/data/ml-1m' }] });
  await save('dataImport', imported);
  await client.workflow.execute('featureMaterialization', { ...options, workflowId: materialization, args: [{}] });
  await client.workflow.execute('movieTrainingPipeline', { ...options, workflowId: training, args: [{}] });
  const retrain = await client.workflow.signalWithStart('driftRetrain', {
    ...options,
    workflowId: drift,
    args: [{ model_name: 'popularity', debounce_ms: 500, cool_down_ms: 500 }],
    signal: DRIFT_ALERT_SIGNAL,
    signalArgs: [alert(1)],
  });
  await retrain.signal(DRIFT_ALERT_SIGNAL, alert(2));
  await retrain.result();
  const rolledOut = driftRetrainId('ials');
  const byRollout = await client.workflow.signalWithStart('driftRetrain', {
    ...options,
    workflowId: rolledOut,
    args: [{ model_name: 'ials', debounce_ms: 500, cool_down_ms: 500, promotion: 'canary', stages: [{ share: 1 }] }],
    signal: DRIFT_ALERT_SIGNAL,
    signalArgs: [alert(3)],
  });
  await byRollout.result();
  for (const workflow of ['tmdbCollection', 'tmdbRetention'] as const) {
    const workflowId = runId(workflow, 'recorded');
    await client.workflow.execute(workflow, { ...options, workflowId, args: [workflow === 'tmdbCollection' ? { pages: 70 } : {}] });
    await save(workflow, workflowId);
  }
  const backfill = runId('scheduleBackfill', 'recorded');
  const span = { start: '2026-01-01T00:00:00Z', end: '2026-01-04T00:00:00Z' };
  await client.workflow.execute('scheduleBackfill', { ...options, workflowId: backfill, args: [{ schedule_id: 'recorded', ...span }] });
  await save('scheduleBackfill', backfill);
  const contested = runId('movieTrainingPipeline', CONTESTED);
  const models = [{ kind: 'popularity' }];
  await client.workflow.execute('movieTrainingPipeline', { ...options, workflowId: contested, args: [{ models, experiment: CONTESTED }] });
  await save('movieModelTraining.championChanged', modelRunId(contested, 'popularity'));
  const sweep = { kind: 'neural_cf', space: { learning_rate: [0.001, 0.003, 0.01] }, base: { epochs: 3 }, strategy: 'halving', trials: 3 };
  for (const [workflow, input] of [
    ['modelSweep', sweep],
    ['batchRecommendations', {}],
    ['backup', {}],
    ['blobCleanup', {}],
    ['dataRetention', {}],
    ['fullSystemCheck', {}],
    ['canaryRollout', { route: 'recorded', model: 'popularity', version: '2', check_seconds: 1 }],
    ['systemHealthWatch', { service: 'movie-api' }],
    ['driftMonitor', { until: '2026-01-12T00:00:00Z' }],
    ['userErasure', { receipt: '00000000-0000-4000-8000-000000000001' }],
    ['erasureReplay', {}],
    ['restoreDrill', {}],
    ['webhookDelivery', { delivery_id: '00000000-0000-4000-8000-000000000001' }],
  ] as const) {
    const workflowId = runId(workflow, 'recorded');
    await client.workflow.execute(workflow, { ...options, workflowId, args: [input] });
    await save(workflow, workflowId);
  }
  await save('movieDataCollection', collection);
  await save('featureMaterialization', materialization);
  await save('movieTrainingPipeline', training);
  await save('movieModelTraining', modelRunId(training, 'neural_cf'));
  await save('driftRetrain.keepsDecisions', drift);
  await save('driftRetrain.byRollout', rolledOut);
} finally {
  workers.forEach((worker) => worker.shutdown());
  await Promise.all(polling);
  await connection.close();
  await client.connection.close();
  await engines.remove();
}

/** In the run that is told apart by its experiment, another version becomes champion before the first registration. */
async function registerModel(input: Parameters<typeof answers.registerModel>[0]) {
  if (input.experiment === CONTESTED && isContested) {
    isContested = false;
    const failure = ApplicationFailure.nonRetryable('version 5 stands now', 'ChampionChanged' satisfies FailureType);
    failure.stack = ''; // it would tell for ever in which folder it was recorded
    throw failure;
  }
  return answers.registerModel(input);
}

async function save(workflow: string, workflowId: string) {
  const file = path.join(folder, `${workflow}.json`);
  if (existsSync(file)) return console.log(`${file} stands; not recorded again`);
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  writeFileSync(file, `${historyToJSON(history)}\n`);
  console.log(`recorded ${file}`);
}

function alert(n: number) {
  return {
    event_id: `00000000-0000-4000-8000-00000000000${n}`,
    drift_score: 0.85,
  };
}
