import type { WorkflowType } from '../../contracts/workflows.ts';
import type { Database } from '../../platform/postgres.ts';

/** Each is null where there was none that went well. */
export interface BackupTimes {
  readonly taken_at: Date | null;
  readonly bytes: number | null;
  readonly drilled_at: Date | null;
  readonly restore_s: number | null;
}

/** What the ledger has of the newest backup and the newest drill. */
export async function readBackupTimes(db: Database): Promise<BackupTimes> {
  const { rows } = await db.query<BackupTimes>(
    `select (taken.result->>'taken_at')::timestamptz as taken_at, (taken.result->>'bytes')::bigint as bytes,
       drilled.ended_at as drilled_at, (drilled.result->>'restore_s')::double precision as restore_s
     from (select) always
     left join lateral (${newest('backup')}) taken on true
     left join lateral (${newest('restoreDrill')}) drilled on true`,
  );
  return rows[0]!;
}

const newest = (workflow: WorkflowType) =>
  `select result, ended_at from runs where workflow = '${workflow}' and state = 'success' order by created_at desc limit 1`;
