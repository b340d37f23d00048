import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataRetentionResult } from '../../contracts/retention.ts';
import { entriesBelow } from '../../platform/entriesBelow.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';

interface Expiring {
  readonly db: Database;
  readonly dataDir: string;
  readonly logsBefore: Date;
  readonly rejectsBefore: Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

/** Removes log lines of steps and files of rows that were set aside, which are older than so. Again it removes what is left. */
export async function removeExpired({
  db,
  dataDir,
  logsBefore,
  rejectsBefore,
  signal,
  onProgress,
}: Expiring): Promise<DataRetentionResult> {
  let run_logs = 0;
  for (let gone = -1; gone !== 0; run_logs += gone) {
    signal.throwIfAborted();
    gone = await removeBefore(db, { table: 'run_step_logs', column: 'logged_at' }, logsBefore);
    onProgress({ run_logs: run_logs + gone });
  }
  return { run_logs, rejects: await removeFilesBefore(path.join(dataDir, 'processed', 'rejects'), rejectsBefore) };
}

async function removeFilesBefore(folder: string, before: Date): Promise<number> {
  const entries = await entriesBelow(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let removed = 0;
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const found = await stat(file).catch(() => undefined); // it may have gone meanwhile
    if (!found || found.mtime >= before) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}
