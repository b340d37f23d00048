import { Context } from '@temporalio/activity';
import type { ModelSpec } from '../contracts/models.ts';
import type { DatasetRef, ModelRef, ReportRef, SplitKind, TrainingProgress } from '../contracts/training.ts';
import { gateSettingsSchema, type GateSettings } from '../contracts/gate.ts';
import { DEFINITIONS, type FeatureDefinitions } from '../domain/features/definitions.ts';
import { referencesOfService } from '../domain/features/references.ts';
import { prepareFeatures } from '../domain/features/trainingFeatures.ts';
import { keepReport } from '../domain/recommender/evaluation/keepReport.ts';
import { readEpochs, type EpochRecord } from '../domain/recommender/history.ts';
import type { CheckpointStore } from '../domain/recommender/model.ts';
import { createCheckpointStore, runFolder, saveModel } from '../domain/recommender/modelFiles.ts';
import { modelKind } from '../domain/recommender/models/index.ts';
import { readInteractions } from '../domain/recommender/readInteractions.ts';
import { createSnapshot, trainingDataOf } from '../domain/recommender/snapshot.ts';
import { readSnapshot, writeSnapshot } from '../domain/recommender/snapshotFiles.ts';
import type { BlobStore } from '../platform/blobs.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import type { TensorflowRuntime } from '../platform/tensorflow.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface TrainingDeps {
  readonly pool: Pool;
  readonly blobs: BlobStore;
  readonly tensorflow: TensorflowRuntime;
  readonly log: Logger;
  /** The platform's own when missing */
  readonly features?: FeatureDefinitions;
}

export function createTrainingActivities({ pool, blobs, tensorflow, log, features = DEFINITIONS }: TrainingDeps) {
  return {
    prepareTrainingData: ({ seed, split }: { seed: number; split?: SplitKind }): Promise<DatasetRef> =>
      withHeartbeat(async (signal) => {
        const references = referencesOfService(features, 'movie_predictor');
        await prepareFeatures({ pool, log }, features, references, signal);
        const read = await readInteractions(pool, signal, { definitions: features, references });
        const dataset = await writeSnapshot(blobs, createSnapshot(read.interactions, read.movies, seed, split, read.features));
        log.info({ ...dataset }, 'snapshot written');
        return dataset;
      }),

    trainMovieModel: ({ dataset, spec }: { dataset: DatasetRef; spec: ModelSpec }): Promise<ModelRef> =>
      withHeartbeat(async (signal, heartbeat) => {
        const data = trainingDataOf(await readSnapshot(blobs, dataset));
        const workflowId = currentWorkflowId();
        const record = await recordEpochs(blobs, `${runFolder(workflowId)}/history.json`);
        const onProgress = (progress: TrainingProgress) => {
          heartbeat(progress);
          record.add(progress);
        };
        const checkpoints = whenSaved(createCheckpointStore(blobs, workflowId), record.save);
        const startedAt = performance.now();
        const { model, resumedFromEpoch } = await modelKind(spec.kind).fit(spec, data, {
          tf: tensorflow.tf,
          signal,
          checkpoints,
          onProgress,
        });
        const trainMs = Math.round(performance.now() - startedAt);
        const saved = await saveModel(blobs, model);
        model.dispose();
        log.info({ kind: spec.kind, train_ms: trainMs, resumed_from_epoch: resumedFromEpoch, bytes: saved.bytes }, 'model trained');
        return {
          ...saved,
          train_ms: trainMs,
          backend: tensorflow.backend,
          history_uri: await record.save(),
          resumed_from_epoch: resumedFromEpoch,
        };
      }),

    /** Judges a model, with popularity and the present champion beside it on the same questions. */
    evaluateTrainedModel: ({ dataset, model, gate }: EvaluateInput): Promise<ReportRef> =>
      withHeartbeat(async (signal) => {
        const report = await keepReport(
          { db: pool, blobs, tf: tensorflow.tf, signal },
          { dataset, model, settings: gateSettingsSchema.parse(gate ?? {}), folder: runFolder(currentWorkflowId()) },
        );
        log.info({ kind: model.kind, ...report.metrics, compared_with: report.evidence?.champion?.version ?? null }, 'model evaluated');
        return report;
      }),
  };
}

interface EvaluateInput {
  readonly dataset: DatasetRef;
  readonly model: ModelRef;
  /** Absent in runs that 0.1.0 started. */
  readonly gate?: GateSettings | undefined;
}

export type TrainingActivities = ReturnType<typeof createTrainingActivities>;

const currentWorkflowId = () => Context.current().info.workflowExecution?.workflowId ?? 'unknown';

const whenSaved = (store: CheckpointStore, next: () => Promise<unknown>): CheckpointStore => ({
  load: () => store.load(),
  async save(state) {
    await store.save(state);
    await next();
  },
});

/** Keeps the last word on each epoch, over retries too. */
async function recordEpochs(blobs: BlobStore, key: string) {
  const epochs = new Map((await readEpochs(blobs, blobs.uriOf(key))).map((record) => [record.epoch, record]));
  return {
    add: (progress: TrainingProgress) =>
      void epochs.set(progress.epoch, { ...progress, ended_at: new Date().toISOString() } satisfies EpochRecord),
    save: () => blobs.put(key, Buffer.from(JSON.stringify([...epochs.values()]))),
  };
}
