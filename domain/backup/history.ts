import { backupResultSchema, backupSummarySchema, restoreDrillResultSchema } from '../../contracts/backup.ts';
import type { BackupHistory } from '../../contracts/backupHistory.ts';
import type { RunState } from '../../contracts/runs.ts';
import type { WorkflowType } from '../../contracts/workflows.ts';
import type { Database } from '../../platform/postgres.ts';

const DRILLS_SHOWN = 10;

/** What the ledger has of backups, newest first: those that were removed since are left out, those that failed are not. */
export async function readBackupHistory(db: Database, limit: number): Promise<Pick<BackupHistory, 'backups' | 'drills'>> {
  const [takings, drillings] = await Promise.all([readRuns(db, 'backup', limit), readRuns(db, 'restoreDrill', limit)]);
  const drills = drillings.map(({ result, ...run }) => ({ ...run, drill: restoreDrillResultSchema.safeParse(result).data ?? null }));
  const verifiedAt = new Map(drills.toReversed().flatMap(({ drill, ended_at }) => (drill ? [[drill.backup_id, ended_at]] : [])));
  const removed = new Set(takings.flatMap(({ result }) => backupResultSchema.safeParse(result).data?.removed ?? []));
  const backups = takings.map(({ result, ...run }) => {
    const backup = backupSummarySchema.safeParse(result).data ?? null;
    return { ...run, backup, verified_at: (backup && verifiedAt.get(backup.backup_id)) ?? null };
  });
  return { backups: backups.filter(({ backup }) => !backup || !removed.has(backup.backup_id)), drills: drills.slice(0, DRILLS_SHOWN) };
}

interface Row {
  readonly run_id: string;
  readonly state: RunState;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly error: string | null;
  readonly result: unknown;
}

async function readRuns(db: Database, workflow: WorkflowType, limit: number) {
  const { rows } = await db.query<Row>(
    `select run_id, state, started_at, ended_at, error, result from runs where workflow = $1
     order by runs.created_at desc, runs.run_id desc limit $2`,
    [workflow, limit],
  );
  return rows.map((row) => ({
    ...row,
    started_at: row.started_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
  }));
}
