import { z } from 'zod';
import { STAGED_KINDS } from './dataImport.ts';

/** What kind of promise a rule keeps. */
export const QUALITY_CHECKS = ['schema', 'nulls', 'range', 'references', 'duplicates', 'volume', 'freshness'] as const;
export type QualityCheck = (typeof QUALITY_CHECKS)[number];

/** What one rule found. */
export const ruleReportSchema = z.object({
  rule: z.string().describe('Such as `ratings.rating_in_range`'),
  check: z.enum(QUALITY_CHECKS),
  passed: z.boolean(),
  offending: z.number().int().describe('Rows that break it, and were set aside'),
  of: z.number().int().describe('Rows that were looked at'),
  detail: z.string(),
  sample: z.array(z.object({ line: z.number().int(), reason: z.string() })).describe('Some of the rows that break it'),
});
export type RuleReport = z.infer<typeof ruleReportSchema>;

const rowCounts = z.partialRecord(z.enum(STAGED_KINDS), z.number().int());

export const qualityReportSchema = z.object({
  run_id: z.string(),
  dataset: z.string(),
  passed: z.boolean(),
  row_counts: rowCounts.describe('Rows that were left to publish'),
  newest_at: z.iso.datetime().nullable().describe('Time of the newest rating'),
  checked_at: z.iso.datetime(),
  published_at: z.iso.datetime().nullable(),
  rules: z.array(ruleReportSchema),
});
export type QualityReport = z.infer<typeof qualityReportSchema>;

export const qualitySummarySchema = qualityReportSchema.omit({ rules: true }).extend({
  failed_rules: z.array(z.string()),
});
export type QualitySummary = z.infer<typeof qualitySummarySchema>;

export const qualityPageSchema = z.object({ reports: z.array(qualitySummarySchema) });
