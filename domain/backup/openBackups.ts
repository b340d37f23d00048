import { conflict, missing } from '../../contracts/failures.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { Config } from '../../platform/config.ts';
import { listBackups } from './manifest.ts';
import { openPlace, type BackupPlace } from './place.ts';

type Settings = Pick<Config, 'backup' | 'blobUrl' | 's3'>;

/**
 * Where backups lie.
 * @param url in place of BACKUP_URL
 * @throws Failure `Conflict` where there is none, or it lies in the blob store, of which each backup would have those before it
 */
export function openBackups({ backup, blobUrl, s3 }: Settings, url: string | undefined = backup.url): BackupPlace {
  if (url === undefined) throw conflict('BACKUP_URL is not set: nobody knows where backups lie');
  if (isWithin(url, blobUrl) || isWithin(blobUrl, url))
    throw conflict(`backups at ${url} would lie among the files that they are of, at ${blobUrl}`);
  return openPlace(createBlobStore(url, s3), backup.key);
}

const isWithin = (inner: string, outer: string): boolean => asFolder(inner).startsWith(asFolder(outer));
const asFolder = (url: string) => url.replace(/(?<!\/)\/*$/, '/');

/** @param named an id, or `newest` @throws Failure `missing` where there is none at all */
export async function nameBackup(place: BackupPlace, named: string): Promise<string> {
  if (named !== 'newest') return named;
  const [newest] = await listBackups(place);
  if (!newest) throw missing('there is no backup');
  return newest.backupId;
}
