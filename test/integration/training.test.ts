import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunStep } from '../../contracts/runs.ts';
import { trainingInputSchema, type ModelTrainingInput, type TrainingProgress, type TrainingResult } from '../../contracts/training.ts';
import { modelRunId, runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { getRegistryRun } from '../../domain/registry/runs.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { busyBound } from '../support/busyBound.ts';
import { holdRows } from '../support/holdRows.ts';
import { startTrainingWorkers, type TrainingWorkers } from '../support/trainingWorkers.ts';
import { waitFor } from '../support/waitFor.ts';

const SMALL = { embedding_dim: 8, hidden_units: [16, 8] };
/** Long enough to be interrupted after its third epoch. */
const LONG = { kind: 'neural_cf', epochs: 8, patience: 8, ...SMALL };
let workers: TrainingWorkers;

beforeAll(async () => {
  workers = await startTrainingWorkers();
});
afterAll(() => workers.close());

const start = (run: string, models: unknown[]) => workers.start('movieTrainingPipeline', run, { models });
const steps = async (run: string) => (await listSteps(workers.database.pool, runId('movieTrainingPipeline', run))).map(({ step }) => step);
type Step = Omit<RunStep, 'progress'>;
const named = (found: Step[], step: string) => found.filter((row) => row.step === step);
const progressOf = async (run: string, kind: string) => {
  const [activity] = await createTemporalRuns(workers.temporal.client).listProgress(modelRunId(runId('movieTrainingPipeline', run), kind));
  return activity?.progress as TrainingProgress | null | undefined;
};
/** Why attempts at a model's steps were given up from outside, in Temporal's words. */
const lostBy = async (run: string, kind: string) => {
  const model = workers.temporal.client.workflow.getHandle(modelRunId(runId('movieTrainingPipeline', run), kind));
  const { events } = await model.fetchHistory();
  return events?.flatMap(({ activityTaskStartedEventAttributes: started }) => started?.lastFailure?.message ?? []);
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
      'mark_winner 1 success',
    ]);
    expect(found.map(({ subject }) => subject)).toEqual([null, 'popularity', 'popularity', 'popularity', null]);
    const { rows: counts } = await workers.database.pool.query(
      `select (select count(*)::int from ratings) as interactions, (select count(distinct user_id)::int from ratings) as users,
              (select count(*)::int from movies) as movies`,
    );
    expect(found[0]!.result).toMatchObject(counts[0] as object);
    const { rows } = await workers.database.pool.query("select message from run_step_logs where message = 'model evaluated'");
    expect(rows).toHaveLength(1);
  });

  test('goes on from its last checkpoint after its worker is killed with -9, and ends once', async () => {
    const handle = await start('killed', [LONG]);
    await waitFor('the third epoch', async () => ((await progressOf('killed', 'neural_cf'))?.epoch ?? 0) >= 3);
    await workers.replaceTraining('SIGKILL');
    const { models } = (await handle.result()) as TrainingResult;
    expect(models[0]!.model.resumed_from_epoch).toBeGreaterThanOrEqual(2);
    expect(outline(named(await steps('killed'), 'train_movie_model'))).toEqual(['train_movie_model 1 lost', 'train_movie_model 2 success']);
    const { rows } = await workers.database.pool.query("select version from model_versions where name = 'neural_cf'");
    expect(rows).toEqual([{ version: 1 }]);
    const run = await getRegistryRun(workers.database.pool, models[0]!.version.registry_run_id);
    // Also what the run left to the defaults, and what it was judged by after each epoch.
    expect(run!.params).toMatchObject({ epochs: '8', embedding_dim: '8', l2: '0.003' });
    expect(run!.metrics).toMatchObject({ train_loss: expect.any(Number), validation_ndcg_at_10: expect.any(Number) });
    const kept = await readdir(path.join(workers.folder, 'runs', 'training', 'killed', 'neural_cf'));
    expect(kept.sort()).toEqual(['history.json', 'report.html', 'report.json']); // the checkpoint has done its work
  });

  test('whose worker is killed with -9 at a promotion, in the middle of it or right after it, promotes once and goes on', async () => {
    const { pool } = workers.database;
    const inTheMiddle = await holdRows(pool, 'insert or update on model_aliases', `new.name = 'popularity' and new.alias = 'champion'`);
    const ended = `new.step = 'register_model_to_mlflow' and new.workflow_id = 'training/after/ease'`;
    const rightAfter = await holdRows(pool, 'update on run_steps', ended);
    const handles = [await start('middle', [{ kind: 'popularity' }]), await start('after', [{ kind: 'ease' }])];
    await Promise.all([inTheMiddle.reached(), rightAfter.reached()]);
    await workers.control().end('SIGKILL');
    await Promise.all([inTheMiddle.giveUp(), rightAfter.giveUp()]);
    const aliases = async () => {
      const { rows } = await pool.query<{ name: string; alias: string; version: number }>(
        `select name, alias, version from model_aliases where name in ('popularity', 'ease') order by name, alias`,
      );
      return rows;
    };
    const [ease, ...others] = await aliases();
    expect([ease, others]).toMatchObject([{ name: 'ease', version: 1 }, [{ name: 'popularity', alias: 'champion', version: 1 }]]);
    await workers.replaceControl('SIGKILL');

    const [middle, after] = await Promise.all(
      handles.map(async (handle) => ((await handle.result()) as TrainingResult).models[0]!.version),
    );
    expect(middle).toMatchObject({ name: 'popularity', version: '2', champion: true });
    expect(after).toMatchObject({ name: 'ease', version: '1', champion: ease!.alias === 'champion' });
    for (const run of ['middle', 'after'])
      expect(outline(named(await steps(run), 'register_model_to_mlflow'))).toEqual([
        'register_model_to_mlflow 1 lost',
        'register_model_to_mlflow 2 success',
      ]);
    // The worker was missed by its heartbeats, long before the step's own time was over.
    expect([await lostBy('middle', 'popularity'), await lostBy('after', 'ease')]).toEqual(Array(2).fill(['activity Heartbeat timeout']));
    expect(await aliases()).toEqual([ease, { name: 'popularity', alias: 'champion', version: 2 }]);
    const { rows: changes } = await pool.query(
      `select name, alias, was, became from registry_changes where name in ('popularity', 'ease') order by name, change_id`,
    );
    expect(changes).toEqual([
      { name: 'ease', alias: ease!.alias, was: null, became: '1' },
      { name: 'popularity', alias: 'champion', was: null, became: '1' },
      { name: 'popularity', alias: 'champion', was: '1', became: '2' },
    ]);
    const { rows: versions } = await pool.query(
      `select name || ' ' || version as version, origin from model_versions where name in ('popularity', 'ease') order by 1`,
    );
    const expected = ['training/after/ease', 'training/plain/popularity', 'training/middle/popularity'];
    expect(versions).toEqual(['ease 1', 'popularity 1', 'popularity 2'].map((version, nth) => ({ version, origin: expected[nth] })));
    const { rows: runs } = await pool.query(`select origin from registry_runs where origin = any ($1) order by origin`, [expected]);
    expect(runs.map(({ origin }: { origin: string }) => origin)).toEqual(expected.toSorted()); // each once
  });

  test('is handed over when its worker is told to stop: the next one goes on from the checkpoint', async () => {
    const handle = await start('handed-over', [LONG]);
    await waitFor('the third epoch', async () => ((await progressOf('handed-over', 'neural_cf'))?.epoch ?? 0) >= 3);
    await workers.replaceTraining('SIGTERM');
    const { models } = (await handle.result()) as TrainingResult;
    expect(models[0]!.model.resumed_from_epoch).toBeGreaterThanOrEqual(2);
    expect(outline(named(await steps('handed-over'), 'train_movie_model')).at(-1)).toBe('train_movie_model 2 success');
  });

  test('that was interrupted made the same model as one that was not', async () => {
    const whole = await start('whole', [LONG]);
    const digestOf = async (handle: { result(): Promise<unknown> }) => ((await handle.result()) as TrainingResult).models[0]!.model.digest;
    const [first, ...others] = await Promise.all(
      ['killed', 'handed-over'].map((run) => digestOf(workers.temporal.client.workflow.getHandle(runId('movieTrainingPipeline', run)))),
    );
    expect([first, ...others, await digestOf(whole)]).toEqual(Array(3).fill(first));
  });

  describe('beside another', () => {
    const runs = ['one', 'other'];
    const startBoth = () => Promise.all(runs.map((run) => start(run, [{ kind: 'neural_cf', epochs: 400, patience: 0, ...SMALL }])));
    let handles: Awaited<ReturnType<typeof startBoth>>;

    test('does not starve it: both go on, say epoch, loss and samples/s, and the metrics show each', async () => {
      handles = await startBoth();
      for (const run of runs) {
        const progress = await waitFor('an epoch', async () => {
          const found = await progressOf(run, 'neural_cf');
          return found?.epoch ? found : undefined;
        });
        expect(progress).toEqual({
          epoch: expect.any(Number),
          epochs: 400,
          loss: expect.any(Number),
          samples_per_s: expect.any(Number),
          eta_s: expect.any(Number),
        });
      }
      const metrics = await (await fetch(`${workers.training().url}/metrics`)).text();
      for (const slot of runs.keys()) {
        for (const name of ['epoch', 'loss', 'samples_per_second', 'eta_seconds'])
          expect(metrics).toMatch(new RegExp(`training_${name}\\{slot="${slot}",.*\\} \\d`));
      }
    });

    test('stops within 2 s of a cancel', async () => {
      const cancelledAt = Date.now();
      await Promise.all(handles.map((handle) => handle.cancel()));
      for (const run of runs) {
        const isCancelled = async () => named(await steps(run), 'train_movie_model')[0]?.state === 'cancelled';
        await waitFor('the step to end', isCancelled, { everyMs: 20 });
      }
      expect(Date.now() - cancelledAt).toBeLessThan(busyBound(2_000));
      for (const handle of handles) await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    });
  });

  test('gives models of a kind that learnt ratings a name, a champion and a metric of their own', async () => {
    const models = [
      { kind: 'neural_cf', epochs: 1, ...SMALL },
      { kind: 'neural_cf', objective: 'rating', epochs: 15, patience: 15, ...SMALL },
    ];
    const made = (await (await start('ratings', models)).result()) as TrainingResult;
    expect(made.models.map(({ version }) => version.name)).toEqual(['neural_cf', 'neural_cf_rating']);
    expect(made.models.map(({ report }) => 'rmse' in report.metrics)).toEqual([false, true]);
    expect(made.models[1]!.version).toMatchObject({ version: '1', champion: true });
    expect(made.models[1]!.version.gate.rules[0]!.detail).toMatch(/^rmse \d\.\d+, popularity's \d\.\d+/);
  });

  test('says so where its snapshot is gone, and is not tried again', async () => {
    await rm(path.join(workers.folder, 'snapshots'), { recursive: true });
    const dataset = { snapshot_id: 'ab', uri: 'blob:snapshots/ab', interactions: 2, users: 1, movies: 2 };
    const { models, experiment, gate, resources } = trainingInputSchema.parse({ models: [{ kind: 'popularity' }] });
    const handle = await workers.temporal.client.workflow.start('movieModelTraining', {
      workflowId: modelRunId(runId('movieTrainingPipeline', 'plain'), 'vanished'),
      taskQueue: TASK_QUEUES.control,
      args: [{ dataset, spec: models[0]!, experiment, gate, resources } satisfies ModelTrainingInput],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { cause: { type: 'SnapshotMissing', message: 'there is no blob at blob:snapshots/ab/manifest.json' } },
    });
  });

  test('that needs more memory than its worker has fails at once, with both figures', async () => {
    await workers.replaceTraining('SIGTERM', { TRAINING_MEMORY_MB: '300' });
    const handle = await start('too-large', [{ kind: 'neural_cf', embedding_dim: 512 }]);
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        cause: { cause: { type: 'WorkerTooSmall', message: expect.stringMatching(/needs about \d+ MB, and this worker has 300 MB/) } },
      },
    });
  });

  test('that cannot go well fails at once, in words', async () => {
    const handle = await start('impossible', [{ kind: 'neural_cf', epochs: 0 }]);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'InvalidSpec', message: expect.stringContaining('models.0.epochs') },
    });
  });
});
