import type { DatasetRef } from '../../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../../platform/blobs.ts';
import { decodeSafetensors, encodeSafetensors } from '../safetensors.ts';
import { snapshotFolder } from '../snapshotFiles.ts';
import { answerQuestions, packOutcomes, unpackOutcomes, type Outcomes } from './outcomes.ts';
import type { Questions } from './questions.ts';

/** Grows when the questions or the measuring change, so that answers to others are not taken for these. */
const FORMAT = 1;

/**
 * Popularity's answers, which depend on the snapshot alone: worked out by the first model of a snapshot and kept beside it for the others.
 */
export async function baselineOf(
  blobs: BlobStore,
  { snapshot_id }: Pick<DatasetRef, 'snapshot_id'>,
  questions: Questions,
  signal: AbortSignal,
): Promise<Outcomes> {
  const key = `${snapshotFolder(snapshot_id)}/popularity-${FORMAT}.safetensors`;
  const kept = await readOutcomes(blobs, blobs.uriOf(key));
  if (kept) return kept;
  const { outcomes } = await answerQuestions(questions, questions.popularity, signal);
  await blobs.put(key, encodeSafetensors(packOutcomes(outcomes)));
  return outcomes;
}

async function readOutcomes(blobs: BlobStore, uri: string): Promise<Outcomes | null> {
  try {
    return unpackOutcomes(decodeSafetensors(await blobs.get(uri)).tensors);
  } catch (error) {
    if (error instanceof BlobMissing) return null;
    throw error;
  }
}
