import { z } from 'zod';
import { backupSummarySchema, restoreDrillResultSchema } from './backup.ts';
import { runStateSchema } from './runs.ts';

const time = z.iso.datetime();
const ofRun = {
  run_id: z.string(),
  state: runStateSchema,
  started_at: time.nullable(),
  ended_at: time.nullable(),
  error: z.string().nullable(),
};

/** Backups as the ledger has them. */
export const backupHistorySchema = z.object({
  is_set_up: z.boolean().describe('Whether BACKUP_URL says where backups lie'),
  is_encrypted: z.boolean().describe('Whether there is a BACKUP_KEY'),
  kept_days: z.number().int(),
  backups: z.array(
    z.object({
      ...ofRun,
      backup: backupSummarySchema.nullable().describe('null while it is taken, and where that failed'),
      verified_at: time.nullable().describe('When a drill last restored it, compared every row and read every file'),
    }),
  ),
  drills: z.array(z.object({ ...ofRun, drill: restoreDrillResultSchema.nullable() })).describe('The latest ten'),
});
export type BackupHistory = z.infer<typeof backupHistorySchema>;
