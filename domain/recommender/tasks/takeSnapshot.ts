import { missing } from '../../../contracts/failures.ts';
import { MODEL_KINDS, type ModelKind } from '../../../contracts/models.ts';
import type { DatasetRef, SplitKind } from '../../../contracts/training.ts';
import { holdPushes } from '../../pushes/pushes.ts';
import { DEFINITIONS } from '../../features/definitions.ts';
import { referencesOfService } from '../../features/references.ts';
import { prepareFeatures } from '../../features/trainingFeatures.ts';
import { listSets } from '../../imports/dataSets.ts';
import type { Database } from '../../../platform/postgres.ts';
import { readInteractions } from '../data/readInteractions.ts';
import { createSnapshot } from '../data/snapshot.ts';
import { writeSnapshot } from '../data/snapshotFiles.ts';
import { modelKind } from '../models/index.ts';
import type { TaskContext } from './context.ts';

interface SnapshotInput {
  readonly seed: number;
  readonly split: SplitKind;
  readonly sets?: readonly string[] | undefined;
  /** That will learn from it; any kind where this is left out */
  readonly kinds?: readonly ModelKind[] | undefined;
}

/**
 * Freezes what there is to learn from, but for choices that look like a push and that nobody has approved, with the features that its kinds of models learn from as they were at each rating's own time.
 * @throws Failure `NotFound` for a data set that is not here
 */
export async function takeSnapshot(
  { pool, blobs, log, signal }: TaskContext,
  { seed, split, sets, kinds = MODEL_KINDS }: SnapshotInput,
  features = DEFINITIONS,
): Promise<DatasetRef> {
  if (sets) await expectSets(pool, sets);
  const services = kinds.flatMap((kind) => modelKind(kind).featureService ?? []);
  const references = [...new Set(services.flatMap((service) => referencesOfService(features, service)))];
  const held = await holdPushes(pool);
  if (held > 0) log.warn({ held }, 'choices that look like a push are not learnt from until somebody approves them');
  await prepareFeatures({ pool, log }, features, references, signal);
  const read = await readInteractions(pool, signal, { definitions: features, references, seed, sets });
  return writeSnapshot(blobs, createSnapshot(read.interactions, read.movies, seed, split, read.features), read.sets);
}

async function expectSets(db: Database, sets: readonly string[]): Promise<void> {
  const known = (await listSets(db)).map(({ name }) => name);
  const unknown = sets.find((name) => !known.includes(name));
  if (unknown !== undefined) throw missing(`there is no data set ${unknown}; there are ${known.join(', ') || 'none'}`);
}
