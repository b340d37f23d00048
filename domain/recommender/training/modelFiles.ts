import { nameOf, specOfName, type ModelName, type ModelSpec } from '../../../contracts/models.ts';
import type { ModelRef } from '../../../contracts/training.ts';
import type { BlobStore } from '../../../platform/blobs/store.ts';
import { folderOfRun } from '../../../platform/folderOfRun.ts';
import type { Tensorflow } from '../../../platform/tensorflow.ts';
import type { CheckpointStore, ModelFiles, TrainedModel } from '../model/model.ts';
import { readModelFolder, writeModelFolder } from './modelFolder.ts';
import { CONFIG_FILE, readSpec } from '../model/modelParts.ts';
import { modelKind } from '../models/index.ts';
import { countNumbers } from '../numeric/safetensors.ts';

type SavedModel = Pick<ModelRef, 'kind' | 'name' | 'uri' | 'digest' | 'bytes' | 'parameters'>;

/** Saves a model under its content's hash; saving it again changes nothing. */
export async function saveModel(blobs: BlobStore, model: TrainedModel): Promise<SavedModel> {
  const files = model.save();
  const written = await writeModelFolder(blobs, model.kind, files);
  const name = nameOf(readSpec(files[CONFIG_FILE]!));
  return { kind: model.kind, name, ...written, bytes: countBytes(files), parameters: countParameters(files) };
}

const countBytes = (files: ModelFiles): number => Object.values(files).reduce((sum, content) => sum + content.byteLength, 0);

/** Of the model and, of an ensemble, of its members. */
const countParameters = (files: ModelFiles): number =>
  Object.entries(files).reduce((sum, [name, content]) => sum + (name.endsWith('.safetensors') ? countNumbers(content) : 0), 0);

/** A model in memory, with how large it is. */
export interface MeasuredModel {
  readonly model: TrainedModel;
  /** Numbers that it learnt. */
  readonly parameters: number;
  /** Of all its files, whose numbers and ids are in memory as they are saved; what is computed from them comes on top. */
  readonly bytes: number;
}

/**
 * Every model that answers comes from here, and is what was saved.
 * @throws BlobMissing where the folder is gone
 * @throws Failure `ModelCorrupt` where a file is not what was saved, or a weight is no number
 * @throws Error where the model is of another kind
 */
export async function loadMeasured(
  blobs: BlobStore,
  { name, uri }: { readonly name: ModelName; readonly uri: string },
  tf: Tensorflow,
): Promise<MeasuredModel> {
  const files = await readModelFolder(blobs, uri);
  return { model: modelKind(specOfName(name).kind).load(files, tf), parameters: countParameters(files), bytes: countBytes(files) };
}

/** The model alone. @throws as `loadMeasured` */
export const loadModel = async (...given: Parameters<typeof loadMeasured>): Promise<TrainedModel> => (await loadMeasured(...given)).model;

/** The hyper-parameters of a saved model. @throws as `loadModel` */
export async function loadSpec(blobs: BlobStore, uri: string): Promise<ModelSpec> {
  const { [CONFIG_FILE]: config } = await readModelFolder(blobs, uri, [CONFIG_FILE]);
  return readSpec(config!);
}

/** Blob folder of what one workflow run makes on its way: checkpoint, history, report. */
export const runFolder = (workflowId: string): string => `runs/${folderOfRun(workflowId)}`;

/** Keeps a run's checkpoints as blobs of one folder. `clear` them when the run is done. */
export function createCheckpointStore(blobs: BlobStore, workflowId: string): CheckpointStore & { clear(): Promise<void> } {
  const folder = `${runFolder(workflowId)}/checkpoints`;
  const store = (name: string): CheckpointStore => {
    const uri = blobs.uriOf(`${folder}/${name}`);
    return {
      load: async () => ((await blobs.exists(uri)) ? blobs.get(uri) : null),
      save: async (state) => void (await blobs.put(`${folder}/${name}`, state)),
      part: (part) => store(`${name}.${part}`),
    };
  };
  return { ...store('run'), clear: () => blobs.remove(blobs.uriOf(folder)) };
}
