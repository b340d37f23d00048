import type { TrainingProgress } from '../../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../../platform/blobs/store.ts';
import type { MetricPoint } from '../../registry/runs.ts';

/** What an epoch was like, and when it ended. */
export type EpochRecord = TrainingProgress & { readonly ended_at: string };

/** The epochs of a run so far; none where there is no such file. */
export async function readEpochs(blobs: BlobStore, uri: string): Promise<EpochRecord[]> {
  try {
    return JSON.parse((await blobs.get(uri)).toString()) as EpochRecord[];
  } catch (error) {
    if (error instanceof BlobMissing) return [];
    throw error;
  }
}

/** Loss, speed and validation figure of each epoch, as the registry's metric history keeps them. */
export async function readHistory(blobs: BlobStore, uri: string): Promise<MetricPoint[]> {
  const epochs = await readEpochs(blobs, uri);
  return epochs.flatMap(({ epoch, ended_at, loss, samples_per_s, validation_ndcg_at_10, validation_rmse }) => {
    const figures = { train_loss: loss, samples_per_s, validation_ndcg_at_10, validation_rmse };
    const at = { step: epoch, recordedAt: new Date(ended_at) };
    return Object.entries(figures).flatMap(([key, value]) => (typeof value === 'number' ? [{ key, value, ...at }] : []));
  });
}
