import pMap from 'p-map';
import type { BackedUpBlob, BackupManifest, BackupPart, VerifiedBackup } from '../../contracts/backup.ts';
import { Failure } from '../../contracts/failures.ts';
import { readBlobList } from './lists.ts';
import { placeOf, readManifest } from './manifest.ts';
import { pooledName, readPart, readPooled, type BackupPlace } from './place.ts';
import type { UnderWay } from './underWay.ts';

const FAULTS_TOLD = 100;
const READ_AT_ONCE = 4;

export const partsOf = ({ tables, blobs, engines }: BackupManifest): BackupPart[] => [
  ...tables.map(({ part }) => part),
  blobs.list,
  engines,
];

interface ToRead {
  readonly parts: readonly BackupPart[];
  /** Names of blobs, which are written without encryption */
  readonly used: BackupPart;
  readonly blobs: readonly BackedUpBlob[];
}

/** Reads every part and blob to its end. @returns what is wrong with each that is not as it was written, and how much was read */
export async function findFaults(
  place: BackupPlace,
  { parts, used, blobs }: ToRead,
  { signal, onProgress }: UnderWay,
): Promise<{ faults: string[]; bytes: number }> {
  const faults: string[] = [];
  let bytes = 0;
  const look = async (name: string, size: number, read: () => Promise<unknown>) => {
    signal.throwIfAborted();
    await read().catch((error: unknown) => {
      if (!(error instanceof Failure) || error.type !== 'SourceCorrupt') throw error;
      faults.push(error.message);
    });
    bytes += size;
    onProgress({ read: name });
  };
  await pMap(parts, (part) => look(part.name, part.bytes, () => readPart(place, part, drained, signal)), { concurrency: READ_AT_ONCE });
  const plain = placeOf(place, { is_encrypted: false });
  await look(used.name, used.bytes, () => readPart(plain, used, drained, signal));
  const contents = new Map(blobs.map((blob) => [blob.sha256, blob]));
  await pMap(
    contents.values(),
    ({ sha256, bytes: size, key }) => {
      const name = pooledName(place, sha256);
      return look(key, size, () => readPooled(place, { name, sha256 }, drained));
    },
    { concurrency: READ_AT_ONCE },
  );
  return { faults: faults.sort().slice(0, FAULTS_TOLD), bytes };
}

async function drained(content: AsyncIterable<Uint8Array>): Promise<void> {
  const chunks = content[Symbol.asyncIterator]();
  while (!(await chunks.next()).done);
}

/**
 * Reads all of a backup.
 * @throws Failure `missing` where there is none; `Conflict` for another key; `SourceCorrupt` where its manifest or its list of blobs is not what was written
 */
export async function verifyBackup(place: BackupPlace, backupId: string, way: UnderWay): Promise<VerifiedBackup> {
  const startedAt = performance.now();
  const manifest = await readManifest(place, backupId);
  const own = placeOf(place, manifest);
  const parts = partsOf(manifest);
  const blobs = await readBlobList(own, manifest, way.signal);
  const { faults, bytes } = await findFaults(own, { parts, used: manifest.blobs.used, blobs }, way);
  const seconds = Math.round(performance.now() - startedAt) / 1_000;
  return { backup_id: backupId, parts: parts.length + 1, blobs: blobs.length, bytes, seconds, faults };
}
