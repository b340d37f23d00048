import { z } from 'zod';
import { materializationResultSchema } from './materialization.ts';
import { PATH_CHARACTERS } from './sizes.ts';
import { tmdbCollectionResultSchema } from './tmdb.ts';

export const SOURCES = ['movielens'] as const;

export const collectionInputSchema = z.strictObject({
  source: z.enum(SOURCES).default('movielens'),
  path: z.string().min(1).max(PATH_CHARACTERS).optional().describe('Folder of a MovieLens set; the committed sample where it is not given'),
});
export type CollectionInput = z.infer<typeof collectionInputSchema>;

/** The rows of one file, read and counted. */
export const loadCountsSchema = z.object({
  read: z.number().int(),
  written: z.number().int().describe('Rows that were new or had changed'),
  rejected: z.number().int().describe('Rows set aside'),
});
export type LoadCounts = z.infer<typeof loadCountsSchema>;

export const loadedSchema = loadCountsSchema.extend({
  rejects_path: z.string().nullable().describe('CSV of the rows set aside: line, reason, raw'),
});

export const qualityOutcomeSchema = z.object({
  rules: z.number().int().describe('Rules that were checked; all held'),
  newest_at: z.iso.datetime().nullable().describe('Time of the newest rating'),
});

export const collectionResultSchema = z.object({
  source: z.string(),
  movies: loadedSchema,
  ratings: loadedSchema,
  quality: qualityOutcomeSchema.describe('Of the checks before publication'),
  popular: z.object({ path: z.string(), movies: z.number().int() }),
  watch_log: z.object({
    path: z.string(),
    parquet_path: z.string().describe('The same rows as Parquet'),
    rows: z.number().int(),
  }),
  features: materializationResultSchema,
  tmdb: tmdbCollectionResultSchema.nullable().describe('Null without a TMDB_API_KEY'),
});
export type CollectionResult = z.infer<typeof collectionResultSchema>;
