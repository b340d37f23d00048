import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunStep } from '../../contracts/runs.ts';
import type { TrainingProgress, TrainingResult } from '../../contracts/training.ts';
import { modelRunId, runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { loadMovies, loadRatings } from '../../domain/catalogue/load.ts';
import { createMovieLensSource } from '../../domain/catalogue/movielens.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTemporalRuns } from '../../platform/temporalRuns.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePorts } from '../../deploy/local/freePorts.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

const SMALL = { embedding_dim: 8, hidden_units: [16, 8] };
let database: TestDatabase;
let temporal: TestTemporal;
let folder: string;
let control: TestProcess;
let training: TestProcess;
let startTraining: () => Promise<TestProcess>;

beforeAll(async () => {
  [database, temporal, folder] = await Promise.all([createTestDatabase(), createTestTemporal(), mkdtemp(path.join(tmpdir(), 'training '))]);
  const source = createMovieLensSource(path.join(PROJECT_ROOT, 'data', 'movielens-small'));
  const options = { signal: new AbortController().signal, onProgress: () => undefined, onReject: () => undefined };
  await loadMovies(database.pool, source, options);
  await loadRatings(database.pool, source, options);
  const [controlPort = 0, trainingPort = 0] = await freePorts(2);
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    BLOB_URL: `file:${folder}`,
    WORKER_CONTROL_METRICS_PORT: String(controlPort),
    WORKER_TRAINING_METRICS_PORT: String(trainingPort),
  };
  startTraining = () => startProcess('workers/training', trainingPort, env);
  [control, training] = await Promise.all([startProcess('workers/control', controlPort, env), startTraining()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([control.end(), training.end()]);
  await temporal.close();
  await database.drop();
  await rm(folder, { recursive: true });
}, 60_000);

const start = (run: string, models: unknown[]) =>
  temporal.client.workflow.start('movieTrainingPipeline', {
    workflowId: runId('movieTrainingPipeline', run),
    taskQueue: TASK_QUEUES.control,
    args: [{ models }],
  });
const steps = async (run: string) => (await listSteps(database.pool, runId('movieTrainingPipeline', run))).map(({ step }) => step);
type Step = Omit<RunStep, 'progress'>;
const named = (found: Step[], step: string) => found.filter((row) => row.step === step);
const progressOf = async (run: string, kind: string) => {
  const [activity] = await createTemporalRuns(temporal.client).listProgress(modelRunId(runId('movieTrainingPipeline', run), kind));
  return activity?.progress as TrainingProgress | null | undefined;
};
const outline = (found: Step[]) => found.map(({ step, attempt, state }) => `${step} ${attempt} ${state}`);

describe('a training run', () => {
  test('trains, evaluates and registers, and the ledger has each step with its result and log', async () => {
    const handle = await start('plain', [{ kind: 'popularity' }]);
    const { models } = (await handle.result()) as TrainingResult;
    expect(models[0]!.version).toMatchObject({ name: 'popularity', version: '1', champion: true });
    const found = await steps('plain');
    expect(outline(found)).toEqual([
      'prepare_training_data 1 success',
      'train_movie_model 1 success',
      'evaluate_trained_model 1 success',
      'register_model_to_mlflow 1 success',
    ]);
    expect(found.map(({ subject }) => subject)).toEqual([null, 'popularity', 'popularity', 'popularity']);
    expect(found[0]!.result).toMatchObject({ interactions: 100_836, users: 610, movies: 9_742 });
    const { rows } = await database.pool.query("select message from run_step_logs where message = 'model evaluated'");
    expect(rows).toHaveLength(1);
  }, 60_000);

  test('goes on from its last checkpoint after its worker is killed with -9, and ends once', async () => {
    const handle = await start('killed', [{ kind: 'neural_cf', epochs: 8, ...SMALL }]);
    await waitFor('the third epoch', async () => ((await progressOf('killed', 'neural_cf'))?.epoch ?? 0) >= 3, { timeoutMs: 60_000 });
    await training.end('SIGKILL');
    training = await startTraining();
    const { models } = (await handle.result()) as TrainingResult;
    expect(models[0]!.model.resumed_from_epoch).toBeGreaterThanOrEqual(2);
    expect(outline(named(await steps('killed'), 'train_movie_model'))).toEqual(['train_movie_model 1 lost', 'train_movie_model 2 success']);
    const { rows } = await database.pool.query("select version from model_versions where name = 'neural_cf'");
    expect(rows).toEqual([{ version: 1 }]);
    const kept = await readdir(path.join(folder, 'runs', 'training', 'killed', 'neural_cf'));
    expect(kept.sort()).toEqual(['history.json', 'report.html', 'report.json']); // the checkpoint has done its work
  }, 180_000);

  test('says epoch, loss and samples/s while it goes on, and stops within 2 s of a cancel', async () => {
    const handle = await start('cancelled', [{ kind: 'neural_cf', epochs: 400, ...SMALL }]);
    const progress = await waitFor('progress', () => progressOf('cancelled', 'neural_cf'), { timeoutMs: 60_000 });
    expect(progress).toEqual({
      epoch: expect.any(Number),
      epochs: 400,
      loss: expect.any(Number),
      samples_per_s: expect.any(Number),
      eta_s: expect.any(Number),
    });
    const cancelledAt = Date.now();
    await handle.cancel();
    await waitFor('the step to end', async () => named(await steps('cancelled'), 'train_movie_model')[0]?.state === 'cancelled', {
      timeoutMs: 10_000,
      everyMs: 20,
    });
    expect(Date.now() - cancelledAt).toBeLessThan(2_000);
    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
  }, 120_000);

  test('is handed over when its worker is told to stop: the next one goes on from the checkpoint', async () => {
    const handle = await start('handed-over', [{ kind: 'neural_cf', epochs: 8, ...SMALL }]);
    await waitFor('the third epoch', async () => ((await progressOf('handed-over', 'neural_cf'))?.epoch ?? 0) >= 3, { timeoutMs: 60_000 });
    await training.end('SIGTERM');
    training = await startTraining();
    const { models } = (await handle.result()) as TrainingResult;
    expect(models[0]!.model.resumed_from_epoch).toBeGreaterThanOrEqual(2);
    expect(outline(named(await steps('handed-over'), 'train_movie_model')).at(-1)).toBe('train_movie_model 2 success');
  }, 180_000);

  test('that cannot go well fails at once, in words', async () => {
    const handle = await start('impossible', [{ kind: 'neural_cf', epochs: 0 }]);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'InvalidSpec', message: expect.stringContaining('models.0.epochs') },
    });
  });
});
