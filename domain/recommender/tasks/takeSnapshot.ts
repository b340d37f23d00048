import type { DatasetRef, SplitKind } from '../../../contracts/training.ts';
import { DEFINITIONS } from '../../features/definitions.ts';
import { referencesOfService } from '../../features/references.ts';
import { prepareFeatures } from '../../features/trainingFeatures.ts';
import { readInteractions } from '../data/readInteractions.ts';
import { createSnapshot } from '../data/snapshot.ts';
import { writeSnapshot } from '../data/snapshotFiles.ts';
import type { TaskContext } from './context.ts';

/** Freezes what there is to learn from, with the features as they were at each rating's own time. */
export async function takeSnapshot(
  { pool, blobs, log, signal }: TaskContext,
  { seed, split }: { seed: number; split: SplitKind },
  features = DEFINITIONS,
): Promise<DatasetRef> {
  const references = referencesOfService(features, 'movie_predictor');
  await prepareFeatures({ pool, log }, features, references, signal);
  const read = await readInteractions(pool, signal, { definitions: features, references, seed });
  return writeSnapshot(blobs, createSnapshot(read.interactions, read.movies, seed, split, read.features));
}
