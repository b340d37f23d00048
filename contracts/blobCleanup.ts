import { z } from 'zod';

/** Blobs are left alone for this long after they were written: what refers to them may still come. */
export const UNUSED_AFTER_HOURS = 24;

export const BLOB_KINDS = ['snapshots', 'trained', 'runs', 'artifacts', 'uploads'] as const;
/** The blob folder in which all of a kind lie. */
export type BlobKind = (typeof BLOB_KINDS)[number];

export const blobCleanupInputSchema = z.strictObject({
  dry_run: z.boolean().default(false).describe('Tell what would go, and remove nothing'),
});
export type BlobCleanupInput = z.input<typeof blobCleanupInputSchema>;

const count = z.number().int();
const unusedBlobsSchema = z.object({
  kind: z.enum(BLOB_KINDS),
  folders: count.describe('Snapshots, models, runs or uploads that they belong to'),
  blobs: count,
  bytes: count,
  names: z.array(z.string()).describe('The first few folders, by name'),
});
/** What nothing refers to, of one kind. */
export type UnusedBlobs = z.infer<typeof unusedBlobsSchema>;

export const blobCleanupResultSchema = z.object({
  dry_run: z.boolean(),
  written_before: z.string().describe('What was written later was left'),
  run_open_since: z.string().nullable().describe('Of a run that is not over: what runs wrote since was left too'),
  unused: z.array(unusedBlobsSchema).describe('Removed, or to be removed where this is a dry run'),
  unknown: z.array(z.string()).describe('Left, for nothing here writes such names; the first few'),
});
export type BlobCleanupResult = z.infer<typeof blobCleanupResultSchema>;
