import { randomUUID } from 'node:crypto';
import type { BackedUpBlob, BackupManifest, TakenBackup } from '../../contracts/backup.ts';
import { Failure, permanent } from '../../contracts/failures.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Pool } from '../../platform/postgres.ts';
import { readBlobList, writeJson, writeLines } from './lists.ts';
import { listBackups, listUnfinished, makeBackupId, placeOf, readManifest, summaryOf, writeManifest } from './manifest.ts';
import { listOpenRuns, readEngines, type Engines } from './engines.ts';
import { pooledName, type BackupPlace } from './place.ts';
import { withSnapshot, type Snapshot } from './snapshot.ts';
import { listSequences, schemaVersionOf } from './tables.ts';
import type { UnderWay } from './underWay.ts';
import { findFaults, partsOf } from './verify.ts';
import { writeBlobs } from './writeBlobs.ts';
import { writeTables } from './writeTables.ts';

export interface BackupSource extends Engines {
  /** With connections for a few tables at once */
  readonly pool: Pool;
  readonly blobs: BlobStore;
  /** Version of the platform */
  readonly release: string;
}

/**
 * Takes a backup: every table as one moment has it, the files of the blob store, where consumers stand, the schedules. Everything that is written is read
 * again before the manifest makes it one; a killed writer leaves a folder without, which the next backup removes.
 * @throws Failure `Conflict` where another one is being taken
 */
export async function takeBackup(source: BackupSource, place: BackupPlace, { signal, onProgress }: UnderWay): Promise<TakenBackup> {
  const startedAt = performance.now();
  const { lacks, ...engines } = await readEngines(source);
  return withSnapshot(source.pool, async (snapshot) => {
    for (const unfinished of await listUnfinished(place)) await place.store.remove(place.store.uriOf(unfinished));
    const backupId = makeBackupId(snapshot.takenAt, randomUUID());
    const write = { place, folder: backupId, signal, onProgress };
    const tables = await writeTables(snapshot, write);
    const sequences = await listSequences(snapshot.connection);
    const open_runs = await listOpenRuns(snapshot.connection);
    const before = await readBlobsBefore(place, signal);
    const { list, fresh } = await writeBlobs({ place, blobs: source.blobs, before, signal, onProgress });
    const used = [...new Set(list.map(({ sha256 }) => pooledName(place, sha256)))].sort();
    const manifest: BackupManifest = {
      format: 1,
      backup_id: backupId,
      release: source.release,
      taken_at: snapshot.takenAt.toISOString(),
      schema_version: await requireVersion(snapshot),
      tables,
      sequences,
      blobs: {
        count: list.length,
        bytes: list.reduce((sum, { bytes }) => sum + bytes, 0),
        list: await writeLines(place, `${backupId}/blobs.jsonl`, list, signal),
        // Whoever removes what no backup needs may have no key.
        used: await writeLines(placeOf(place, { is_encrypted: false }), `${backupId}/used.jsonl`, used, signal),
      },
      engines: await writeJson(place, `${backupId}/engines.json`, { ...engines, open_runs }, signal),
      is_encrypted: place.cipher !== undefined,
      finished_at: new Date().toISOString(),
    };
    const { faults } = await findFaults(
      place,
      { parts: partsOf(manifest), used: manifest.blobs.used, blobs: fresh },
      { signal, onProgress },
    );
    if (faults.length > 0) throw permanent('SourceCorrupt', `the backup was not written as it was to be: ${faults.join('; ')}`);
    await writeManifest(place, manifest);
    const parts = partsOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      ...summaryOf(manifest),
      new_blobs: fresh.length,
      new_bytes: parts + fresh.reduce((sum, { bytes }) => sum + bytes, 0),
      seconds: Math.round(performance.now() - startedAt) / 1_000,
      lacks,
    };
  });
}

async function requireVersion({ connection }: Snapshot): Promise<number> {
  const version = await schemaVersionOf(connection);
  if (version === null) throw permanent('NotFound', 'the database has no schema of the platform: there is nothing to back up');
  return version;
}

/** What the newest backup with this key knows of blobs. Where it cannot be read, every file is read. */
async function readBlobsBefore(place: BackupPlace, signal: AbortSignal): Promise<ReadonlyMap<string, BackedUpBlob>> {
  const newest = (await listBackups(place)).find(({ manifest }) => manifest?.is_encrypted === (place.cipher !== undefined));
  if (!newest) return new Map();
  try {
    const manifest = await readManifest(place, newest.backupId);
    const list = await readBlobList(place, manifest, signal);
    return new Map(list.map((blob) => [blob.key, blob]));
  } catch (error) {
    if (error instanceof Failure) return new Map();
    throw error;
  }
}
