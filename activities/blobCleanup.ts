import type { BlobCleanupResult } from '../contracts/blobCleanup.ts';
import { removeUnusedBlobs } from '../domain/artifacts/removeUnusedBlobs.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { underWay } from '../platform/temporal/activity.ts';

export const createBlobCleanupActivities = ({ pool, blobs, log }: { pool: Pool; blobs: BlobStore; log: Logger }) => ({
  /** Tried again it removes, and tells of, what is left. */
  async removeUnusedBlobs({ dry_run }: { dry_run: boolean }): Promise<BlobCleanupResult> {
    const { signal, report } = underWay();
    const onProgress = (folder: string) => report({ folder });
    const result = await removeUnusedBlobs({ pool, blobs, isDryRun: dry_run, signal, onProgress });
    log.info({ ...result }, dry_run ? 'unused blobs found' : 'unused blobs removed');
    return result;
  },
});

export type BlobCleanupActivities = ReturnType<typeof createBlobCleanupActivities>;
