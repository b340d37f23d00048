import { z } from 'zod';

const count = z.number().int();

export const keptSchema = z.object({
  name: z.string(),
  holds: z.string(),
  days: z.number().nullable().describe('For so long; null: for as long as something refers to it, or for ever'),
  until: z.string().nullable().describe('What ends it, where that is no number of days'),
  setting: z.string().nullable().describe('The variable that says so; null where it is fixed, or another engine has it'),
  removed_by: z.string().nullable().describe('A loop of worker-control, a workflow, or an engine'),
  oldest: z.iso.datetime().nullable().describe('Of what is there; null where nothing is, or nobody knows'),
});
export type Kept = z.infer<typeof keptSchema>;

export const retentionSchema = z.object({ kept: z.array(keptSchema) });

export const dataRetentionInputSchema = z.strictObject({});
export type DataRetentionInput = z.input<typeof dataRetentionInputSchema>;

export const dataRetentionResultSchema = z.object({
  run_logs: count.describe('Log lines of steps that went'),
  rejects: count.describe('Files of rows that were set aside that went'),
  audit: count.optional().describe('Entries of the audit log that went'),
});
export type DataRetentionResult = z.infer<typeof dataRetentionResultSchema>;
