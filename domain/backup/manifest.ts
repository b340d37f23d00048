import { backupManifestSchema, type BackupManifest, type BackupSummary } from '../../contracts/backup.ts';
import { conflict, missing, permanent } from '../../contracts/failures.ts';
import { BlobMissing } from '../../platform/blobs/store.ts';
import { sha256 } from '../../platform/sha256.ts';
import { isBackupFolder, type BackupPlace } from './place.ts';

const manifestName = (backupId: string): string => `${backupId}/manifest.json`;

interface Sealed {
  readonly manifest: unknown;
  /** Of the manifest as it is written here: an HMAC by the key, or a hash without one */
  readonly seal: string;
}

/** By its key nobody else can make the seal. */
const sealOf = ({ cipher }: BackupPlace, text: string): string => cipher?.mac(text) ?? sha256(Buffer.from(text));

/** A backup is one from here on. */
export async function writeManifest(place: BackupPlace, manifest: BackupManifest): Promise<void> {
  const sealed: Sealed = { manifest, seal: sealOf(place, JSON.stringify(manifest)) };
  await place.store.put(manifestName(manifest.backup_id), Buffer.from(JSON.stringify(sealed, null, 1)));
}

/**
 * The manifest as whoever has no key can read it too.
 * @throws Failure `missing` where there is no such backup, `SourceCorrupt` where it is none
 */
async function readUnchecked({ store }: BackupPlace, backupId: string): Promise<{ manifest: BackupManifest; text: string; seal: string }> {
  const written = await store.get(store.uriOf(manifestName(backupId))).catch((error: unknown) => {
    throw error instanceof BlobMissing
      ? missing(`there is no backup ${backupId}; \`mlops backup list\` shows those that there are`)
      : error;
  });
  try {
    const { manifest, seal } = JSON.parse(written.toString()) as Sealed;
    return { manifest: backupManifestSchema.parse(manifest), text: JSON.stringify(manifest), seal };
  } catch (error) {
    throw damagedManifest(backupId, error);
  }
}

const damagedManifest = (backupId: string, cause?: unknown) =>
  permanent('SourceCorrupt', `${manifestName(backupId)} is not what was written: it was damaged or changed`, { cause });

/** @throws Failure `missing`; `Conflict` where the key is not the backup's; `SourceCorrupt` where the manifest was changed */
export async function readManifest(place: BackupPlace, backupId: string): Promise<BackupManifest> {
  const { manifest, text, seal } = await readUnchecked(place, backupId);
  if (manifest.is_encrypted && !place.cipher) throw conflict(`the backup ${backupId} is encrypted: set BACKUP_KEY to its key`);
  const sealing = manifest.is_encrypted ? place : { ...place, cipher: undefined };
  if (seal === sealOf(sealing, text)) return manifest;
  throw manifest.is_encrypted
    ? conflict(`BACKUP_KEY is not the key of the backup ${backupId}, or ${manifestName(backupId)} was changed`)
    : damagedManifest(backupId);
}

/** How the parts of a backup are read: one without encryption lies beside others as it is. */
export const placeOf = (place: BackupPlace, { is_encrypted }: Pick<BackupManifest, 'is_encrypted'>): BackupPlace =>
  is_encrypted ? place : { ...place, cipher: undefined };

export interface ListedBackup {
  readonly backupId: string;
  /** undefined where the manifest cannot be read */
  readonly manifest: BackupManifest | undefined;
}

/** All whole backups, newest first; also those of another key. */
export async function listBackups(place: BackupPlace): Promise<ListedBackup[]> {
  const ids = await folders(place);
  const found = await Promise.all(
    ids.map(async (backupId) => {
      if (!(await place.store.exists(place.store.uriOf(manifestName(backupId))))) return [];
      const manifest = await readUnchecked(place, backupId).then(
        (read) => read.manifest,
        () => undefined,
      );
      return [{ backupId, manifest }];
    }),
  );
  return found.flat().toSorted((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

/** Those without a manifest: their writers were killed. */
export async function listUnfinished(place: BackupPlace): Promise<string[]> {
  const ids = await folders(place);
  const has = await Promise.all(ids.map((id) => place.store.exists(place.store.uriOf(manifestName(id)))));
  return ids.filter((_, index) => !has[index]);
}

const BACKUP_ID = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

async function folders({ store }: BackupPlace): Promise<string[]> {
  const entries = await store.entries(store.uriOf(''));
  return entries.flatMap(({ name, isFolder }) => (isFolder && isBackupFolder(name) && BACKUP_ID.test(name) ? [name] : []));
}

/** By the moment, so that backups stand in the order of their time. */
export const makeBackupId = (takenAt: Date, random: string): string =>
  `${takenAt.toISOString().replaceAll(/[-:.]/g, '')}-${random.slice(0, 8)}`;

export const summaryOf = ({ tables, blobs, ...manifest }: BackupManifest): BackupSummary => ({
  backup_id: manifest.backup_id,
  taken_at: manifest.taken_at,
  release: manifest.release,
  schema_version: manifest.schema_version,
  tables: tables.length,
  rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  blobs: blobs.count,
  bytes: tables.reduce((sum, { part }) => sum + part.bytes, 0) + blobs.bytes,
  is_encrypted: manifest.is_encrypted,
});
