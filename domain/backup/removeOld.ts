import type { BackupManifest } from '../../contracts/backup.ts';
import { Failure } from '../../contracts/failures.ts';
import { readUsedNames } from './lists.ts';
import { listBackups, listUnfinished } from './manifest.ts';
import { listPool, type BackupPlace } from './place.ts';

interface Bounds {
  /** Backups from before go; the newest always stays */
  readonly before: Date;
  readonly signal: AbortSignal;
}

/**
 * Removes backups that are old, then the blobs that none has any more. Where one of those that stay cannot be read, no blob goes: nobody knows what it needs.
 * @returns ids of backups that went
 */
export async function removeOldBackups(place: BackupPlace, { before, signal }: Bounds): Promise<string[]> {
  const [newest, ...others] = await listBackups(place);
  const old = others.filter(({ manifest }) => manifest && new Date(manifest.taken_at) < before).map(({ backupId }) => backupId);
  for (const id of old) {
    signal.throwIfAborted();
    // First of all it stops to be a backup.
    await place.store.remove(place.store.uriOf(`${id}/manifest.json`));
    await place.store.remove(place.store.uriOf(id));
  }
  const kept = [...(newest ? [newest] : []), ...others.filter(({ backupId }) => !old.includes(backupId))].map(({ manifest }) => manifest);
  if (old.length > 0 && kept.every((manifest) => manifest !== undefined)) await removeUnused(place, kept, signal);
  return old;
}

async function removeUnused(place: BackupPlace, kept: readonly BackupManifest[], signal: AbortSignal): Promise<void> {
  const used = new Set<string>();
  for (const manifest of kept) {
    const names = await readUsedNames(place, manifest, signal).catch(undefinedWhereDamaged);
    if (names === undefined) return;
    for (const name of names) used.add(name);
  }
  if ((await listUnfinished(place)).length > 0) return; // what one that is being written needs is not known yet
  for (const name of (await listPool(place)).keys()) if (!used.has(name)) await place.store.remove(place.store.uriOf(name));
}

function undefinedWhereDamaged(error: unknown): undefined {
  if (!(error instanceof Failure) || error.type !== 'SourceCorrupt') throw error;
}
