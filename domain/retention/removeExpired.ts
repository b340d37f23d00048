import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataRetentionResult } from '../../contracts/retention.ts';
import { entriesBelow } from '../../platform/entriesBelow.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';

interface Expiring {
  readonly pool: Pool;
  readonly dataDir: string;
  readonly logsBefore: Date;
  readonly rejectsBefore: Date;
  readonly auditBefore: Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

/** Removes log lines of steps, files of rows that were set aside and entries of the audit log, which are older than so. Again it removes what is left. */
export async function removeExpired({ pool, dataDir, signal, onProgress, ...before }: Expiring): Promise<DataRetentionResult> {
  const run_logs = await untilNone(
    signal,
    (gone) => onProgress({ run_logs: gone }),
    () => removeBefore(pool, { table: 'run_step_logs', column: 'logged_at' }, before.logsBefore),
  );
  const audit = await untilNone(
    signal,
    (gone) => onProgress({ audit: gone }),
    () => removeAuditBefore(pool, before.auditBefore),
  );
  return { run_logs, rejects: await removeFilesBefore(path.join(dataDir, 'processed', 'rejects'), before.rejectsBefore), audit };
}

async function untilNone(signal: AbortSignal, tell: (gone: number) => void, remove: () => Promise<number>): Promise<number> {
  let all = 0;
  for (let gone = -1; gone !== 0; all += gone) {
    signal.throwIfAborted();
    gone = await remove();
    tell(all + gone);
  }
  return all;
}

/** Nobody else takes rows out of the log: its trigger asks for this word. */
const removeAuditBefore = (pool: Pool, before: Date): Promise<number> =>
  withTransaction(pool, async (db) => {
    await db.query(`select set_config('audit.retention', 'on', true)`);
    return removeBefore(db, { table: 'audit_log', column: 'happened_at' }, before);
  });

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
