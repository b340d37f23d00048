import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TASK_QUEUES, runId, type WorkflowName } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { collectMovieLens } from './collectMovieLens.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { startProcess, type TestProcess } from './processes.ts';
import { writeSmallSample } from './smallSample.ts';
import { createTestTemporal, type TestTemporal } from './temporal.ts';

export interface TrainingWorkers {
  readonly database: TestDatabase;
  readonly temporal: TestTemporal;
  /** Of the blob store. */
  readonly folder: string;
  /** The training worker that runs now. */
  training(): TestProcess;
  /** Ends it and starts another. */
  replaceTraining(signal: NodeJS.Signals, env?: Record<string, string>): Promise<void>;
  /** The control worker that runs now. */
  control(): TestProcess;
  /** Ends it and starts another. */
  replaceControl(signal: NodeJS.Signals): Promise<void>;
  start(workflow: WorkflowName, run: string, input: unknown): ReturnType<TestTemporal['client']['workflow']['start']>;
  close(): Promise<void>;
}

/** A control and a training worker with a small part of the MovieLens sample loaded, on a database, a Temporal namespace and a folder of their own. */
export async function startTrainingWorkers(): Promise<TrainingWorkers> {
  const [database, temporal, folder] = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    mkdtemp(path.join(tmpdir(), 'training ')),
  ]);
  await collectMovieLens(database.pool, await writeSmallSample(folder));
  const [controlPort = 0, trainingPort = 0] = await freePorts(2);
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    BLOB_URL: `file:${folder}`,
    WORKER_CONTROL_METRICS_PORT: String(controlPort),
    WORKER_TRAINING_METRICS_PORT: String(trainingPort),
  };
  const startTraining = (more: Record<string, string> = {}) => startProcess('workers/training', trainingPort, { ...env, ...more });
  const startControl = () => startProcess('workers/control', controlPort, env);
  let [control, training] = await Promise.all([startControl(), startTraining()]);
  return {
    database,
    temporal,
    folder,
    training: () => training,
    async replaceTraining(signal, more) {
      await training.end(signal);
      training = await startTraining(more);
    },
    control: () => control,
    async replaceControl(signal) {
      await control.end(signal);
      control = await startControl();
    },
    start: (workflow, run, input) =>
      temporal.client.workflow.start(workflow, { workflowId: runId(workflow, run), taskQueue: TASK_QUEUES.control, args: [input] }),
    async close() {
      await Promise.all([control.end(), training.end()]);
      await temporal.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}
