import { z } from 'zod';

export const SOURCES = ['movielens'] as const;

export const collectionInputSchema = z.strictObject({
  source: z.enum(SOURCES).default('movielens'),
  path: z.string().min(1).optional().describe('Folder of a MovieLens set; the committed sample where it is not given'),
});
export type CollectionInput = z.infer<typeof collectionInputSchema>;

/** The rows of one file, read and counted. */
export const loadCountsSchema = z.object({
  read: z.number().int(),
  written: z.number().int().describe('Rows that were new or had changed'),
  rejected: z.number().int().describe('Rows set aside'),
});
export type LoadCounts = z.infer<typeof loadCountsSchema>;

const loadedSchema = loadCountsSchema.extend({
  rejects_path: z.string().nullable().describe('CSV of the rows set aside: line, reason, raw'),
});

export const collectionResultSchema = z.object({
  source: z.string(),
  movies: loadedSchema,
  ratings: loadedSchema,
  popular: z.object({ path: z.string(), movies: z.number().int() }),
  watch_log: z.object({ path: z.string(), rows: z.number().int() }),
});
export type CollectionResult = z.infer<typeof collectionResultSchema>;
