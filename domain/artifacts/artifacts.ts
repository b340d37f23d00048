import { createHash } from 'node:crypto';
import { refused } from '../../contracts/failures.ts';
import { BlobInTheWay, BlobMissing, type BlobEntry, type BlobState, type BlobStore, type OpenBlob } from '../../platform/blobs/store.ts';
import type { Pool } from '../../platform/postgres.ts';
import { forgetDigests, keepDigest, readDigest } from './digests.ts';
import { findVersionFolder, readVersionDigest, VERSIONS } from './versionFolders.ts';

/** Blob folder of all artifacts. */
const ARTIFACTS = 'artifacts';

export interface Upload {
  readonly content: AsyncIterable<Uint8Array>;
  /** In hexadecimal, where the caller says what is to come */
  readonly sha256: string | undefined;
  readonly by: string;
}

export interface OpenArtifact extends OpenBlob {
  /** In hexadecimal; undefined where nobody told it when it was written */
  readonly sha256: string | undefined;
}

/**
 * The files of runs, logged models and versions, by paths such as `1/<run>/artifacts/model/MLmodel`. Below `versions/<name>/<version>` lie the files of a
 * version that a pipeline registered; they are read alone.
 * Every path has to be checked before: names and slashes, nothing that leads up.
 */
export function createArtifacts({ pool, blobs }: { readonly pool: Pool; readonly blobs: BlobStore }) {
  const uriOf = (path: string) => blobs.uriOf(path === '' ? ARTIFACTS : `${ARTIFACTS}/${path}`);
  const folderOf = async (path: string) => (isOfVersion(path) ? findVersionFolder(pool, path) : uriOf(path));

  return {
    /**
     * Keeps a file whole or not at all.
     * @throws Failure `invalid` where its digest is not the one that was told, something is in its way, or the path is not to be written
     */
    async put(path: string, { content, sha256, by }: Upload): Promise<BlobState & { readonly sha256: string }> {
      refuseVersions(path);
      const hash = createHash('sha256');
      const state = await blobs.putStream(`${ARTIFACTS}/${path}`, hashed(content, hash, sha256)).catch((error: unknown) => {
        throw error instanceof BlobInTheWay ? refused(`Invalid path: ${error.message}`) : error;
      });
      const found = hash.digest('hex');
      await keepDigest(pool, { path, version: state.version, sha256: found, by });
      return { ...state, sha256: found };
    },
    /** @returns undefined where there is no such file */
    async open(path: string): Promise<OpenArtifact | undefined> {
      const uri = await folderOf(path);
      if (uri === undefined) return undefined;
      const blob = await blobs.open(uri).catch((error: unknown) => {
        if (error instanceof BlobMissing) return undefined;
        throw error;
      });
      if (!blob) return undefined;
      try {
        const sha256 = isOfVersion(path) ? await readVersionDigest(blobs, uri) : await readDigest(pool, path, blob.version);
        return { ...blob, sha256 };
      } catch (error) {
        await blob.close();
        throw error;
      }
    },
    /** What lies directly in a folder; nothing in one that is not there. */
    async list(path: string): Promise<BlobEntry[]> {
      const uri = await folderOf(path);
      return uri === undefined ? [] : blobs.entries(uri);
    },
    /** Removes a file, or a folder with all below it; what is absent is no error. */
    async remove(path: string): Promise<void> {
      refuseVersions(path);
      await blobs.remove(uriOf(path));
      await forgetDigests(pool, path);
    },
  };
}
export type Artifacts = ReturnType<typeof createArtifacts>;

const isOfVersion = (path: string) => path === VERSIONS || path.startsWith(`${VERSIONS}/`);

function refuseVersions(path: string): void {
  if (isOfVersion(path)) throw refused('Invalid path: what a registered version is made of cannot be changed');
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>, expected: string | undefined) {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.copy().digest('hex');
  if (expected !== undefined && found !== expected)
    throw refused(`The sha256 of what came is ${found}, not ${expected} as was said; nothing of it is kept`);
}
