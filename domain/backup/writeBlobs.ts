import { createHash } from 'node:crypto';
import pMap from 'p-map';
import type { BackedUpBlob } from '../../contracts/backup.ts';
import { BlobMissing, type BlobStore, type WalkedBlob } from '../../platform/blobs/store.ts';
import { contentOf, listPool, pooledBytes, pooledName, writePooled, type BackupPlace } from './place.ts';

/** Files that are read, and written, side by side. */
export const BLOBS_AT_ONCE = 4;

interface Writing {
  readonly place: BackupPlace;
  readonly blobs: BlobStore;
  /** Those of the backup before: what has its size and its time still is not read again */
  readonly before: ReadonlyMap<string, BackedUpBlob>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

interface WrittenBlobs {
  readonly list: BackedUpBlob[];
  /** Those that no backup had */
  readonly fresh: readonly BackedUpBlob[];
}

/** Brings each file of the blob store among those of all backups, unless its content is there. One that goes meanwhile is left out. */
export async function writeBlobs({ place, blobs, before, signal, onProgress }: Writing): Promise<WrittenBlobs> {
  const pool = new Map([...(await listPool(place))].map(([name, { bytes }]) => [name, bytes]));
  const fresh: BackedUpBlob[] = [];
  const bringOne = async (found: WalkedBlob, known: BackedUpBlob | undefined): Promise<BackedUpBlob | undefined> => {
    signal.throwIfAborted();
    const blob = known ?? (await hashed(blobs, found));
    if (blob === undefined) return undefined;
    const name = pooledName(place, blob.sha256);
    if (pool.get(name) === pooledBytes(place, blob.bytes)) return blob;
    if (!(await copyBlob(place, blobs, name, blob))) return bringOne(found, undefined); // it was written anew, or is gone
    pool.set(name, pooledBytes(place, blob.bytes));
    fresh.push(blob);
    onProgress({ blob: blob.key });
    return blob;
  };
  const list = await pMap(blobs.walk(blobs.uriOf('')), (found) => bringOne(found, unchanged(before, found)), {
    concurrency: BLOBS_AT_ONCE,
  });
  return { list: list.filter((blob) => blob !== undefined).toSorted((a, b) => (a.key < b.key ? -1 : 1)), fresh };
}

function unchanged(before: ReadonlyMap<string, BackedUpBlob>, { key, bytes, modifiedAt }: WalkedBlob): BackedUpBlob | undefined {
  const known = before.get(key);
  return known?.bytes === bytes && known.modified_at === modifiedAt.toISOString() ? known : undefined;
}

/** What a file of the blob store is. @returns undefined where it is gone */
export async function hashed(
  blobs: BlobStore,
  { key, modifiedAt }: Pick<WalkedBlob, 'key' | 'modifiedAt'>,
): Promise<BackedUpBlob | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  const isThere = await whereThere(async () => {
    for await (const chunk of contentOf(blobs, key)) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
  });
  return isThere ? { key, bytes, modified_at: modifiedAt.toISOString(), sha256: hash.digest('hex') } : undefined;
}

/** @returns false where it is gone, or is another than it was */
async function copyBlob(place: BackupPlace, blobs: BlobStore, name: string, { key, sha256 }: BackedUpBlob): Promise<boolean> {
  const hash = createHash('sha256');
  async function* same() {
    for await (const chunk of contentOf(blobs, key)) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== sha256) throw new BlobMissing(blobs.uriOf(key));
  }
  return whereThere(() => writePooled(place, name, same()));
}

/** @returns false where what it reads is gone */
async function whereThere(body: () => Promise<void>): Promise<boolean> {
  try {
    await body();
    return true;
  } catch (error) {
    if (error instanceof BlobMissing) return false;
    throw error;
  }
}
