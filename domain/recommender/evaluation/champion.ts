import { isBlobName, isBlobUri } from '../../../contracts/blobUri.ts';
import { Failure, type FailureType } from '../../../contracts/failures.ts';
import type { ComparedCatalogues } from '../../../contracts/gate.ts';
import { CHAMPION, type ModelName } from '../../../contracts/models.ts';
import type { DatasetRef } from '../../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../../platform/blobs/store.ts';
import type { Database } from '../../../platform/postgres.ts';
import type { Tensorflow } from '../../../platform/tensorflow.ts';
import { readCatalogues } from '../../catalogue/ownCatalogues.ts';
import { getRegistryRun } from '../../registry/runs.ts';
import { getVersionByAlias } from '../../registry/versions.ts';
import type { ChampionModel } from './evaluateModel.ts';
import { loadModel } from '../training/modelFiles.ts';
import { readCataloguesToLearn } from '../data/readInteractions.ts';
import { trainingDataOf, type TrainingData } from '../data/snapshot.ts';
import { readSnapshot, snapshotFolder } from '../data/snapshotFiles.ts';
import type { Questions } from './questions.ts';

export interface Challenger {
  readonly name: ModelName;
  /** Blob folder of the model. */
  readonly uri: string;
  readonly dataset: Pick<DatasetRef, 'snapshot_id'>;
  readonly questions: Questions;
}

/** The present champion of the challenger's name, loaded, with what it was trained on; null where there is none. */
export async function loadChampion(
  { db, blobs, tf }: { db: Database; blobs: BlobStore; tf: Tensorflow },
  { name, uri, dataset, questions }: Challenger,
): Promise<ChampionModel | null> {
  const champion = await getVersionByAlias(db, name, CHAMPION);
  if (!champion) return null;
  const run = champion.registry_run_id ? await getRegistryRun(db, champion.registry_run_id) : null;
  const snapshotId = run?.tags['snapshot_id'];
  const model = champion.source === uri ? 'same' : await loadSource(blobs, name, champion.source, tf);
  return {
    version: champion.version,
    model,
    catalogues: await compareCatalogues(db, questions, model),
    training: snapshotId === dataset.snapshot_id ? questions.training : await readTraining(blobs, snapshotId),
  };
}

/** What the champion answers for and the challenger, whatever its data sets are called, never learnt of; but for what has left the catalogue. */
async function compareCatalogues(
  db: Database,
  { snapshot }: Questions,
  champion: ChampionModel['model'],
): Promise<ComparedCatalogues | undefined> {
  if (champion !== 'same' && 'unanswered' in champion) return undefined;
  const own = snapshot.movies.vocabulary;
  const { names: known } = await readCatalogues(db, own.ids);
  const lacking = champion === 'same' ? [] : champion.movies.ids.filter((id) => own.indexOf(id) === undefined);
  const lost = lacking.length === 0 ? [] : (await readCataloguesToLearn(db, lacking)).filter((name) => !known.has(name));
  return { known: [...known], lost };
}

/** What a client registered may be anything, or lie elsewhere. */
async function loadSource(blobs: BlobStore, name: ModelName, uri: string, tf: Tensorflow): Promise<ChampionModel['model']> {
  if (!isBlobUri(uri)) return { unanswered: `the champion's files lie outside of the platform, at ${uri}` };
  try {
    return await loadModel(blobs, { name, uri }, tf);
  } catch (error) {
    if (error instanceof BlobMissing) return { unanswered: `the champion's files are gone: ${error.message}` };
    // Or no better model could ever take its place.
    if (isFailure(error, 'ModelCorrupt')) return { unanswered: error.message };
    throw error;
  }
}

async function readTraining(blobs: BlobStore, snapshotId: string | undefined): Promise<TrainingData | null> {
  if (snapshotId === undefined || !isBlobName(snapshotId)) return null;
  try {
    return trainingDataOf(await readSnapshot(blobs, { uri: blobs.uriOf(snapshotFolder(snapshotId)), snapshot_id: snapshotId }));
  } catch (error) {
    if (isFailure(error, 'SnapshotMissing', 'SnapshotCorrupt')) return null;
    throw error;
  }
}

const isFailure = (error: unknown, ...types: FailureType[]): error is Failure => error instanceof Failure && types.includes(error.type);
