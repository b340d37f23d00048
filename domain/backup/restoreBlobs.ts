import pMap from 'p-map';
import type { BackedUpBlob } from '../../contracts/backup.ts';
import { Failure } from '../../contracts/failures.ts';
import type { BlobStore, WalkedBlob } from '../../platform/blobs/store.ts';
import { readBlobList } from './lists.ts';
import { listBackups, placeOf, readManifest } from './manifest.ts';
import { pooledName, readPooled, type BackupPlace } from './place.ts';
import type { UnderWay } from './underWay.ts';
import { BLOBS_AT_ONCE, hashed } from './writeBlobs.ts';

/** Who was erased. It only grows, and one that is there is not set back. */
const ERASURES = 'erasures/';
const isOfErasure = ({ key }: { readonly key: string }) => key.startsWith(ERASURES);

interface Restored {
  readonly blobs: BlobStore;
  readonly list: readonly BackedUpBlob[];
  /** Files that are there stay as they are, whatever the backup has */
  readonly keepsAll?: boolean;
}

/**
 * Brings files into the blob store, each whole or not at all. Again it writes what is missing.
 * @returns how many were written
 */
export async function restoreBlobs(
  place: BackupPlace,
  { blobs, list, keepsAll = false }: Restored,
  { signal, onProgress }: UnderWay,
): Promise<number> {
  const there = new Map<string, WalkedBlob>();
  for await (const found of blobs.walk(blobs.uriOf(''))) there.set(found.key, found);
  const lacks = async (blob: BackedUpBlob): Promise<boolean> => {
    const found = there.get(blob.key);
    if (found === undefined) return true;
    if (keepsAll || isOfErasure(blob)) return false;
    if (found.bytes !== blob.bytes) return true;
    return found.modifiedAt.toISOString() !== blob.modified_at && (await hashed(blobs, found))?.sha256 !== blob.sha256;
  };
  let written = 0;
  await pMap(
    list,
    async (blob) => {
      signal.throwIfAborted();
      if (!(await lacks(blob))) return;
      const { key, sha256 } = blob;
      await readPooled(place, { name: pooledName(place, sha256), sha256 }, (content) => blobs.putStream(key, content));
      written += 1;
      onProgress({ blob: key });
    },
    { concurrency: BLOBS_AT_ONCE },
  );
  return written;
}

/** Brings the files of a backup into the blob store that it lacks, and nothing else. @returns how many that were */
export async function restoreFiles(place: BackupPlace, backupId: string, blobs: BlobStore, way: UnderWay): Promise<number> {
  const manifest = await readManifest(place, backupId);
  const own = placeOf(place, manifest);
  return restoreBlobs(own, { blobs, list: await readBlobList(own, manifest, way.signal), keepsAll: true }, way);
}

export interface LaterErasures {
  readonly own: BackupPlace;
  readonly list: readonly BackedUpBlob[];
}

/** Who was erased after a backup was taken stands in the newer ones: in the newest that this key opens. */
export async function listLaterErasures(place: BackupPlace, signal: AbortSignal): Promise<LaterErasures | undefined> {
  for (const { backupId } of await listBackups(place)) {
    const manifest = await readManifest(place, backupId).catch(undefinedWhereRefused);
    if (!manifest) continue;
    const own = placeOf(place, manifest);
    return { own, list: (await readBlobList(own, manifest, signal)).filter(isOfErasure) };
  }
  return undefined;
}

function undefinedWhereRefused(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}
