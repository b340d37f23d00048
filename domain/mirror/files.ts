import { z } from 'zod';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { FileFailed, FileRefused } from '../../platform/mlflowFiles.ts';
import type { MlflowServer } from '../../platform/mlflowServer.ts';
import { unless } from './unless.ts';

export interface FileSource {
  readonly blobs: BlobStore;
  /** Bytes of a version at most */
  readonly most: number;
}

const runSchema = z.object({ run: z.object({ info: z.object({ artifact_uri: z.string().default('') }) }) });

/**
 * Copies the files of a version into those of its run there, one by one: what is there already in its size is not sent again.
 * @param source blob folder of the version
 * @returns where they are; null where the server keeps no files itself, does not take these, or they are too many
 * @throws FileFailed where the server could not keep one of them
 */
export async function copyFiles(server: MlflowServer, { blobs, most }: FileSource, source: string, runId: string): Promise<string | null> {
  const files = await filesOf(blobs, source);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (files.length === 0 || bytes > most) return null;
  const { run } = await server.ask('GET', '/runs/get', { run_id: runId }, runSchema);
  const root = /^mlflow-artifacts:\/(?!\/)(.+)$/.exec(run.info.artifact_uri)?.[1];
  if (root === undefined) return null;
  try {
    for (const file of files) await copyFile(server, blobs, file, `${root}/model`);
  } catch (error) {
    if (error instanceof FileRefused) return null;
    if (error instanceof FileFailed) throw new FileFailed(`its files are not kept: ${error.message}`, { cause: error });
    throw error;
  }
  return `mlflow-artifacts:/${root}/model`;
}

interface OwnFile {
  readonly uri: string;
  /** Below the version's folder */
  readonly path: string;
  readonly bytes: number;
}

async function filesOf(blobs: BlobStore, source: string): Promise<OwnFile[]> {
  const files: OwnFile[] = [];
  for await (const { key, bytes } of blobs.walk(source)) {
    const uri = blobs.uriOf(key);
    files.push({ uri, path: uri.slice(source.length + 1), bytes });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function copyFile(server: MlflowServer, blobs: BlobStore, { uri, path, bytes }: OwnFile, folder: string): Promise<void> {
  const below = path.split('/').slice(0, -1);
  const there = await unless('RESOURCE_DOES_NOT_EXIST', server.listFiles([folder, ...below].join('/')));
  if (there?.get(path.slice(path.lastIndexOf('/') + 1)) === bytes) return;
  const blob = await blobs.open(uri);
  try {
    await server.putFile(`${folder}/${path}`, { content: await blob.read(), bytes: blob.bytes });
  } finally {
    await blob.close();
  }
}
