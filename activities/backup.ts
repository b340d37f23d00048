import type { RestoreDrillResult, TakenBackup } from '../contracts/backup.ts';
import { drillRestore } from '../domain/backup/drill.ts';
import type { Engines } from '../domain/backup/engines.ts';
import { openBackups } from '../domain/backup/openBackups.ts';
import { openBackupPool } from '../domain/backup/openBackupPool.ts';
import { removeOldBackups } from '../domain/backup/removeOld.ts';
import { withoutBackup } from '../domain/backup/snapshot.ts';
import { takeBackup } from '../domain/backup/takeBackup.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { underWay } from '../platform/temporal/activity.ts';

export interface BackupDeps extends Engines {
  readonly config: Pick<Config, 'backup' | 'blobUrl' | 's3' | 'database'>;
  readonly blobs: BlobStore;
  readonly release: string;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;

export function createBackupActivities({ config, blobs, kafka, schedules, release, log }: BackupDeps) {
  const { backup, database } = config;
  const withPool = async <T>(body: (pool: Pool) => Promise<T>): Promise<T> => {
    const pool = openBackupPool(database, log);
    try {
      return await body(pool);
    } finally {
      await pool.end();
    }
  };
  const way = () => {
    const { signal, report } = underWay();
    return { signal, onProgress: report };
  };
  return {
    /** Tried again it begins anew; blobs that were written stay. */
    takeBackup: (): Promise<TakenBackup> =>
      withPool(async (pool) => {
        const taken = await takeBackup({ pool, blobs, kafka, schedules, release }, openBackups(config), way());
        log.info({ ...taken }, 'backup taken');
        return taken;
      }),

    removeOldBackups: (): Promise<string[]> =>
      withPool((pool) =>
        withoutBackup(pool, async () => {
          const before = new Date(Date.now() - backup.keptDays * DAY_MS);
          const removed = await removeOldBackups(openBackups(config), { before, signal: underWay().signal });
          if (removed.length > 0) log.info({ removed }, 'old backups removed');
          return removed;
        }),
      ),

    drillRestore: (): Promise<RestoreDrillResult> =>
      withPool(async (pool) => {
        const databaseUrl = database.directUrl ?? database.url;
        const openScratch = (url: string) => openBackupPool({ ...database, url, directUrl: undefined }, log);
        const result = await drillRestore(openBackups(config), { pool, databaseUrl, openScratch }, way());
        log.info({ ...result }, 'restore drilled');
        return result;
      }),
  };
}

export type BackupActivities = ReturnType<typeof createBackupActivities>;
