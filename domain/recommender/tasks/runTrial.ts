import { z } from 'zod';
import { permanent } from '../../../contracts/failures.ts';
import { nameOf, PRIMARY_METRIC, type ModelSpec } from '../../../contracts/models.ts';
import { bestFigure } from '../../../contracts/specs/modelSpec.ts';
import type { TrialOutcome } from '../../../contracts/sweep.ts';
import { metricsSchema, type DatasetRef, type Metrics, type TrainingProgress } from '../../../contracts/training.ts';
import type { BlobStore } from '../../../platform/blobs/store.ts';
import { metricsOf } from '../evaluation/metricTables.ts';
import { answerQuestions } from '../evaluation/outcomes.ts';
import { prepareQuestions } from '../evaluation/questions.ts';
import { isStuck } from '../learning/earlyStopping.ts';
import { fitOnDevice } from '../training/fitOnDevice.ts';
import { createCheckpointStore, runFolder } from '../training/modelFiles.ts';
import { trainingDataOf } from '../data/snapshot.ts';
import { readSnapshot } from '../data/snapshotFiles.ts';
import { validationSnapshot } from '../data/validationSnapshot.ts';
import type { TaskContext } from './context.ts';

interface TrialInput {
  readonly dataset: DatasetRef;
  readonly spec: ModelSpec;
  /** Epochs without a better figure after which it ends; null: it is asked once, after its last epoch. */
  readonly patience: number | null;
  /** Whose checkpoint and figures these are; a later round of the same trial goes on from them. */
  readonly trialId: string;
}

const checkSchema = z.object({ epoch: z.number().int(), metrics: metricsSchema });
type Check = z.infer<typeof checkSchema>;

/** Trains one point of a sweep and asks it the validation questions, after each epoch or after the last; the test rows are never looked at. */
export async function runTrial(context: TaskContext, { dataset, spec, patience, trialId }: TrialInput): Promise<TrialOutcome> {
  const { blobs, log, signal } = context;
  const snapshot = await readSnapshot(blobs, dataset);
  const data = trainingDataOf(snapshot);
  const questions = prepareQuestions(validationSnapshot(snapshot));
  const runtime = await context.tensorflow();
  const epochs = 'epochs' in spec && typeof spec.epochs === 'number' ? spec.epochs : null;
  const checks = await keepChecks(blobs, `${runFolder(trialId)}/checks.json`);
  const startedAt = performance.now();

  async function check(upTo: number | null): Promise<void> {
    const onProgress = (progress: TrainingProgress) => context.onProgress({ ...progress, epochs: epochs ?? progress.epochs, eta_s: null });
    const upToNow = upTo === null ? spec : ({ ...spec, epochs: upTo } as ModelSpec);
    const { model } = await fitOnDevice(upToNow, data, {
      ...runtime,
      log,
      signal,
      checkpoints: createCheckpointStore(blobs, trialId),
      checkpointEveryMs: context.checkpointEveryMs,
      onProgress,
    });
    try {
      const { outcomes } = await answerQuestions(questions, model, signal);
      await checks.add({ epoch: upTo ?? 0, metrics: metricsOf(questions, outcomes) });
    } finally {
      model.dispose();
    }
  }

  if (epochs === null || patience === null) {
    if (!checks.has(epochs ?? 0)) await check(epochs);
  } else {
    const isEnough = () => isStuck(valuesOf(spec, checks.all()), bestOf(spec, checks.all()), patience);
    for (let epoch = 1; epoch <= epochs && !isEnough(); epoch += 1) if (!checks.has(epoch)) await check(epoch);
  }
  return describe(spec, checks.all(), epochs !== null, Math.round(performance.now() - startedAt));
}

/** What was found after each epoch, kept so that a retry does not ask again. */
async function keepChecks(blobs: BlobStore, key: string) {
  const uri = blobs.uriOf(key);
  const kept = (await blobs.exists(uri)) ? z.array(checkSchema).parse(JSON.parse((await blobs.get(uri)).toString())) : [];
  return {
    all: (): readonly Check[] => kept,
    has: (epoch: number) => kept.some((check) => check.epoch === epoch),
    async add(check: Check) {
      kept.push(check);
      await blobs.put(key, Buffer.from(JSON.stringify(kept)));
    },
  };
}

/** @throws Failure `EmptyDataset` where there was no validation question */
function valueOf(spec: ModelSpec, metrics: Metrics): number {
  const value = metrics[PRIMARY_METRIC[nameOf(spec)].name];
  if (value === undefined) throw permanent('EmptyDataset', `the snapshot holds out nothing to ask ${spec.kind} for validation`);
  return value;
}

const valuesOf = (spec: ModelSpec, checks: readonly Check[]) => checks.map(({ metrics }) => valueOf(spec, metrics));

/** Where the best stands, of equals the first. */
function bestOf(spec: ModelSpec, checks: readonly Check[]): number {
  const values = valuesOf(spec, checks);
  return values.indexOf(bestFigure(PRIMARY_METRIC[nameOf(spec)], values));
}

function describe(spec: ModelSpec, checks: readonly Check[], learnsInEpochs: boolean, trainMs: number): TrialOutcome {
  const best = checks[bestOf(spec, checks)]!;
  return {
    value: valueOf(spec, best.metrics),
    epochs: learnsInEpochs ? best.epoch : null,
    trained_epochs: learnsInEpochs ? checks.at(-1)!.epoch : null,
    metrics: best.metrics,
    checks: checks.map(({ epoch, metrics }) => ({ epoch, value: valueOf(spec, metrics) })),
    train_ms: trainMs,
  };
}
