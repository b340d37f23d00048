import type { ModelSpec } from '../../../contracts/models.ts';
import type { DatasetRef, ModelRef, TrainingProgress } from '../../../contracts/training.ts';
import type { BlobStore } from '../../../platform/blobs/store.ts';
import { createEpochLog } from '../training/epochLog.ts';
import { fitOnDevice } from '../training/fitOnDevice.ts';
import { readEpochs, type EpochRecord } from '../training/epochRecords.ts';
import type { CheckpointStore } from '../model/model.ts';
import { createCheckpointStore, runFolder, saveModel } from '../training/modelFiles.ts';
import { trainingDataOf } from '../data/snapshot.ts';
import { readSnapshot } from '../data/snapshotFiles.ts';
import type { TaskContext } from './context.ts';

interface TrainInput {
  readonly dataset: DatasetRef;
  readonly spec: ModelSpec;
  /** Whose checkpoint and history these are. */
  readonly workflowId: string;
}

/** Trains one model and saves it, going on from the workflow's last checkpoint where there is one. */
export async function trainModel(context: TaskContext, { dataset, spec, workflowId }: TrainInput): Promise<ModelRef> {
  const { blobs, log, signal, checkpointEveryMs } = context;
  const data = trainingDataOf(await readSnapshot(blobs, dataset));
  const runtime = await context.tensorflow();
  const record = await recordEpochs(blobs, `${runFolder(workflowId)}/history.json`);
  const epochs = createEpochLog(log);
  const onProgress = (progress: TrainingProgress) => {
    context.onProgress(progress);
    epochs.add(progress);
    record.add(progress);
  };
  const checkpoints = whenSaved(createCheckpointStore(blobs, workflowId), record.save);
  const startedAt = performance.now();
  const fitting = { ...runtime, log, signal, checkpoints, checkpointEveryMs, onProgress };
  const { model, resumedFromEpoch } = await fitOnDevice(spec, data, fitting);
  epochs.end();
  const trainMs = Math.round(performance.now() - startedAt);
  const saved = await saveModel(blobs, model);
  model.dispose();
  return { ...saved, train_ms: trainMs, backend: runtime.backend, history_uri: await record.save(), resumed_from_epoch: resumedFromEpoch };
}

const whenSaved = (store: CheckpointStore, next: () => Promise<unknown>): CheckpointStore => ({
  load: () => store.load(),
  async save(state) {
    await store.save(state);
    await next();
  },
  part: (name) => whenSaved(store.part(name), next),
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
