import { z } from 'zod';
import { backupSummarySchema, restoredFilesSchema, restoreResultSchema, takenBackupSchema, verifiedBackupSchema } from './backup.ts';

/** A backup of which the manifest cannot be read */
const unreadableSchema = z.object({ backup_id: z.string(), unreadable: z.literal(true) });
export const listedBackupSchema = z.union([unreadableSchema, backupSummarySchema]);
export type ListedBackup = z.infer<typeof listedBackupSchema>;

/** What the command line has done by a program that reaches the engines itself, so that it needs no API. */
export const BACKUP_ANSWERS = {
  take: takenBackupSchema,
  list: z.object({ url: z.string(), backups: z.array(listedBackupSchema) }),
  verify: verifiedBackupSchema,
  restore: restoreResultSchema,
  files: restoredFilesSchema,
} as const;
export type BackupTask = keyof typeof BACKUP_ANSWERS;
export type BackupAnswer<Task extends BackupTask> = z.infer<(typeof BACKUP_ANSWERS)[Task]>;

export interface BackupRequest {
  readonly task: BackupTask;
  /** In place of BACKUP_URL */
  readonly url?: string | undefined;
  /** An id, or `newest`; of those that exist already */
  readonly backup?: string | undefined;
}
