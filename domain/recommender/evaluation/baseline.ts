import type { DatasetRef } from '../../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../../platform/blobs/store.ts';
import { decodeSealed, encodeSealed } from '../numeric/safetensors.ts';
import { snapshotFolder } from '../data/snapshotFiles.ts';
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
  await blobs.put(key, encodeSealed(packOutcomes(outcomes)));
  return outcomes;
}

/** Null where there are none, or what lies there is not what was written: they are worked out again then. */
async function readOutcomes(blobs: BlobStore, uri: string): Promise<Outcomes | null> {
  const file = await blobs.get(uri).catch((error: unknown) => {
    if (error instanceof BlobMissing) return null;
    throw error;
  });
  try {
    return file && unpackOutcomes(decodeSealed(file).tensors);
  } catch {
    return null;
  }
}
