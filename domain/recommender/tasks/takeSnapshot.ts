import { MODEL_KINDS } from '../../../contracts/models.ts';
import type { DatasetRef, SplitKind } from '../../../contracts/training.ts';
import { DEFINITIONS } from '../../features/definitions.ts';
import { referencesOfService } from '../../features/references.ts';
import { prepareFeatures } from '../../features/trainingFeatures.ts';
import { readInteractions } from '../data/readInteractions.ts';
import { createSnapshot } from '../data/snapshot.ts';
import { writeSnapshot } from '../data/snapshotFiles.ts';
import { modelKind } from '../models/index.ts';
import type { TaskContext } from './context.ts';

/** Freezes what there is to learn from, with the features that any kind of model learns from as they were at each rating's own time. */
export async function takeSnapshot(
  { pool, blobs, log, signal }: TaskContext,
  { seed, split }: { seed: number; split: SplitKind },
  features = DEFINITIONS,
): Promise<DatasetRef> {
  const services = MODEL_KINDS.flatMap((kind) => modelKind(kind).featureService ?? []);
  const references = [...new Set(services.flatMap((service) => referencesOfService(features, service)))];
  await prepareFeatures({ pool, log }, features, references, signal);
  const read = await readInteractions(pool, signal, { definitions: features, references, seed });
  return writeSnapshot(blobs, createSnapshot(read.interactions, read.movies, seed, split, read.features));
}
