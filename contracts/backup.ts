import { z } from 'zod';

const count = z.number().int();
const time = z.iso.datetime();
const text = z.string();

/** A file of a backup. Its name is the one that it has in the backup's place. */
export const backupPartSchema = z.object({
  name: text,
  bytes: count.describe('As it lies there: compressed, and encrypted where there is a key'),
  sha256: text.describe('Of that'),
  content_bytes: count,
  content_sha256: text,
});
export type BackupPart = z.infer<typeof backupPartSchema>;

/** A table, or a partition of one, as it was. */
export const backedUpTableSchema = z.object({
  schema: text,
  name: text,
  columns: z.array(text).describe('That its rows are written with, in order'),
  definition: z.array(text).describe('SQL that makes it, where no migration does'),
  rows: count,
  part: backupPartSchema,
});
export type BackedUpTable = z.infer<typeof backedUpTableSchema>;

export const backedUpSequenceSchema = z.object({ schema: text, name: text, last_value: text, is_called: z.boolean() });
export type BackedUpSequence = z.infer<typeof backedUpSequenceSchema>;

/** All that is needed to restore a backup; written last, so that one without it is none. */
export const backupManifestSchema = z.object({
  format: z.literal(1),
  backup_id: text,
  release: text.describe('Version of the platform that took it'),
  taken_at: time.describe('What was committed before is in it'),
  schema_version: count.describe('Number of the newest migration'),
  tables: z.array(backedUpTableSchema),
  sequences: z.array(backedUpSequenceSchema),
  blobs: z.object({ count, bytes: count, list: backupPartSchema.describe('Each with its key, size and content'), used: backupPartSchema }),
  engines: backupPartSchema.describe('Offsets of consumers, schedules, and which runs were under way'),
  is_encrypted: z.boolean(),
  finished_at: time,
});
export type BackupManifest = z.infer<typeof backupManifestSchema>;

/** A file of the blob store in a backup. */
export const backedUpBlobSchema = z.object({ key: text, bytes: count, modified_at: time, sha256: text });
export type BackedUpBlob = z.infer<typeof backedUpBlobSchema>;

/** What of Kafka and Temporal is in a backup. */
export const backedUpEnginesSchema = z.object({
  offsets: z
    .array(z.object({ group: text, topic: text, partition: count, offset: text }))
    .nullable()
    .describe('Where each group of consumers stood before the tables were read; null where Kafka was away'),
  schedules: z
    .array(z.looseObject({ schedule_id: text }))
    .nullable()
    .describe('null where Temporal was away'),
  open_runs: z.array(text).describe('Under way: the first thousand. What Temporal knows of them is in no backup'),
});
export type BackedUpEngines = z.infer<typeof backedUpEnginesSchema>;

/** A backup in few words. */
export const backupSummarySchema = z.object({
  backup_id: text,
  taken_at: time,
  release: text,
  schema_version: count,
  tables: count,
  rows: count,
  blobs: count,
  bytes: count.describe('Of tables and blobs, as they lie in the backup'),
  is_encrypted: z.boolean(),
});
export type BackupSummary = z.infer<typeof backupSummarySchema>;

export const backupInputSchema = z.strictObject({});
export type BackupInput = z.input<typeof backupInputSchema>;

export const takenBackupSchema = backupSummarySchema.extend({
  new_blobs: count.describe('That no backup before had'),
  new_bytes: count.describe('Written for this one'),
  seconds: z.number(),
  lacks: z.array(text).describe('What is not in it, since an engine was away'),
});
export type TakenBackup = z.infer<typeof takenBackupSchema>;

export const backupResultSchema = takenBackupSchema.extend({
  removed: z.array(text).describe('Backups that were older than BACKUP_KEPT_DAYS'),
});
export type BackupResult = z.infer<typeof backupResultSchema>;

export const verifiedBackupSchema = z.object({
  backup_id: text,
  parts: count,
  blobs: count,
  bytes: count.describe('That were read'),
  seconds: z.number(),
  faults: z.array(text).describe('Each part that is gone, damaged or changed; the first hundred'),
});
export type VerifiedBackup = z.infer<typeof verifiedBackupSchema>;

export const restoreDrillInputSchema = z.strictObject({});
export type RestoreDrillInput = z.input<typeof restoreDrillInputSchema>;

export const restoreDrillResultSchema = z.object({
  backup_id: text,
  taken_at: time,
  age_s: z.number().describe('Of the newest backup when the drill began: what would be lost now (RPO)'),
  restore_s: z.number().describe('From reading the backup to a database with all rows (RTO, without the start of the engines)'),
  verify_s: z.number().describe('For reading every part and every blob'),
  compare_s: z.number().describe('For reading every row of the scratch database again'),
  tables: count,
  rows: count,
  blobs: count,
  bytes: count.describe('Read from the backup'),
});
export type RestoreDrillResult = z.infer<typeof restoreDrillResultSchema>;

export const restoredFilesSchema = z.object({ backup_id: text, files: count.describe('That the blob store lacked') });

export const restoreResultSchema = z.object({
  backup_id: text,
  taken_at: time,
  tables: count,
  rows: count,
  blobs: count.describe('Written; those that were there stayed'),
  offsets: count.describe('Partitions at which consumers go on'),
  schedules: count,
  lost_runs: z.array(text).describe('Were under way when the backup was taken'),
  seconds: z.number(),
});
export type RestoreResult = z.infer<typeof restoreResultSchema>;
