import { z } from 'zod';
import { PUBLISHED_FORMATS, SET_NAME_PATTERN, STAGED_KINDS } from './dataImport.ts';

export const dataSetNameSchema = z.string().regex(SET_NAME_PATTERN, 'small letters, digits and ._-, at most 40');

export const dataSetSchema = z.object({
  name: z.string().describe('Stands before the ids of its users; `movielens` is the collected one, whose users carry none'),
  dataset: z.string().describe('What its quality reports are listed under'),
  format: z.enum(PUBLISHED_FORMATS).nullable().describe('Null of a set from before this was written down'),
  run_id: z.string().describe('The run that published it last'),
  row_counts: z.partialRecord(z.enum(STAGED_KINDS), z.number().int()).describe('Rows that were published, by kind'),
  newest_at: z.iso.datetime().nullable().describe('Time of the newest rating'),
  digest: z.string().nullable().describe('Equal of two sets with the same ratings at the same times, in whatever format'),
  added_at: z.iso.datetime(),
  published_at: z.iso.datetime(),
});
export type DataSet = z.infer<typeof dataSetSchema>;

/** What went with a set. */
export const removedSetSchema = z.object({
  name: z.string(),
  ratings: z.number().int(),
  users: z.number().int(),
  movies: z.number().int().describe('Those that it alone had brought; what another set rates, or somebody used, stays'),
});
export type RemovedSet = z.infer<typeof removedSetSchema>;
