import { createHash } from 'node:crypto';
import { nameOf, specOfName, type ModelName } from '../../contracts/models.ts';
import type { ModelRef } from '../../contracts/training.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs.ts';
import type { Tensorflow } from '../../platform/tensorflow.ts';
import type { CheckpointStore, ModelFiles, TrainedModel } from './model.ts';
import { CONFIG_FILE, readSpec } from './modelParts.ts';
import { modelKind } from './models/index.ts';

type SavedModel = Pick<ModelRef, 'kind' | 'name' | 'uri' | 'digest' | 'bytes'>;

/** Saves a model under its content's hash, `trained/<kind>/<digest>`; saving it again changes nothing. */
export async function saveModel(blobs: BlobStore, model: TrainedModel): Promise<SavedModel> {
  const files = model.save();
  const digest = digestOf(files);
  const folder = `trained/${model.kind}/${digest}`;
  for (const [name, content] of Object.entries(files)) await blobs.put(`${folder}/${name}`, content);
  const bytes = Object.values(files).reduce((sum, content) => sum + content.byteLength, 0);
  const name = nameOf(readSpec(files[CONFIG_FILE]!));
  return { kind: model.kind, name, uri: blobs.uriOf(folder), digest, bytes };
}

/**
 * @throws BlobMissing where the folder, or a file that the kind needs, is gone
 * @throws Error where the model is of another kind
 */
export async function loadModel(
  blobs: BlobStore,
  { name, uri }: { readonly name: ModelName; readonly uri: string },
  tf: Tensorflow,
): Promise<TrainedModel> {
  const found = await blobs.list(uri);
  if (found.length === 0) throw new BlobMissing(uri);
  const files = await Promise.all(found.map(async (file) => [file, await blobs.get(`${uri}/${file}`)] as const));
  return modelKind(specOfName(name).kind).load(Object.fromEntries(files), tf);
}

/** Blob folder of what one workflow run makes on its way: checkpoint, history, report. */
export const runFolder = (workflowId: string): string => `runs/${workflowId}`;

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

function digestOf(files: ModelFiles): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) hash.update(`${name} ${files[name]!.byteLength}\n`).update(files[name]!);
  return hash.digest('hex');
}
