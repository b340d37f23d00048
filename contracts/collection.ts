import { z } from 'zod';

export const SOURCES = ['movielens'] as const;

export const collectionInputSchema = z.strictObject({
  source: z.enum(SOURCES).default('movielens'),
  path: z.string().min(1).optional().describe('Folder of a MovieLens set; the committed sample where it is not given'),
});
export type CollectionInput = z.infer<typeof collectionInputSchema>;

/** One file's raw rows, as read and counted, before they are published. */
export const loadCountsSchema = z.object({
  read: z.number().int(),
  written: z.number().int().describe('Rows that were new or had changed'),
  rejected: z.number().int(),
});
export type LoadCounts = z.infer<typeof loadCountsSchema>;

export const collectionResultSchema = z.object({
  source: z.string(),
  movies: loadCountsSchema,
  ratings: loadCountsSchema,
  rejects_uri: z.string().nullable().describe('File of the rows set aside, with line number and reason'),
  popular_path: z.string(),
  watch_log_path: z.string(),
  watch_log_rows: z.number().int(),
});
export type CollectionResult = z.infer<typeof collectionResultSchema>;

export const COLLECTION_STEPS = ['load_catalogue', 'load_ratings', 'write_popular_movies', 'write_watch_log'] as const;
