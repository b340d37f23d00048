import { z } from 'zod';

/** Stands wherever something from TMDB is shown or kept, as its terms of use ask. */
export const TMDB_ATTRIBUTION = 'This product uses the TMDB API but is not endorsed or certified by TMDB.';

/** TMDB's terms forbid keeping what it said for longer than six months. */
export const TMDB_MAX_AGE_DAYS = 180;
/** A month before that it is asked for again, so that a TMDB that is away for days costs nothing. */
export const TMDB_REFRESH_AGE_DAYS = 150;

/** TMDB refuses pages beyond it (its error 22), also where `total_pages` says more. */
export const TMDB_MAX_PAGE = 500;

export const TMDB_LISTS = ['popular', 'top_rated', 'now_playing', 'discover'] as const;
const listSchema = z.enum(TMDB_LISTS);
export type TmdbList = z.infer<typeof listSchema>;

export const tmdbCollectionInputSchema = z.strictObject({
  lists: z
    .array(listSchema)
    .min(1)
    .max(TMDB_LISTS.length)
    .refine((lists) => new Set(lists).size === lists.length, 'each list once')
    .default([...TMDB_LISTS])
    .describe('`discover` is every movie, the most voted first'),
  pages: z
    .number()
    .int()
    .min(1)
    .default(25)
    .describe(`Pages of each list, 20 movies a page; TMDB gives ${TMDB_MAX_PAGE}, so more is taken as that many`),
  details: z.number().int().min(0).max(1_000_000).default(2_000).describe('Movies at most whose details are asked for'),
  stale_days: z.number().int().min(1).max(TMDB_REFRESH_AGE_DAYS).default(30).describe('Details older than this are asked for again'),
});
export type TmdbCollectionInput = z.input<typeof tmdbCollectionInputSchema>;

const count = z.number().int();
const fetchedListSchema = z.object({
  list: listSchema,
  pages: count,
  requested: count.describe('Pages that were not on disk yet'),
});
const loadedListSchema = z.object({
  list: listSchema,
  read: count,
  written: count.describe('Movies that were new or newer'),
  added: count.describe('Movies that the catalogue had not known'),
  duplicates: count.describe('Movies that stood in the list a second time'),
  rejected: count.describe('Rows set aside'),
  rejects_path: z.string().nullable().describe('CSV of the rows set aside: line, reason, raw'),
});
export type LoadedList = z.infer<typeof loadedListSchema>;

/** What became of the movies whose details were asked for. */
export const askedDetailsSchema = z.object({
  asked: count,
  kept: count,
  gone: count.describe('TMDB does not know them any more'),
  set_aside: count,
});
export type AskedDetails = z.infer<typeof askedDetailsSchema>;

export const tmdbCollectionResultSchema = z.object({
  source: z.literal('tmdb'),
  day: z.iso.date().describe('Folder of the raw answers'),
  genres: count,
  lists: z.array(fetchedListSchema.extend(loadedListSchema.shape)),
  details: askedDetailsSchema,
  popular: z.object({ path: z.string(), movies: count }).nullable().describe('Null where the list popular was not asked for'),
  attribution: z.string(),
});
export type TmdbCollectionResult = z.infer<typeof tmdbCollectionResultSchema>;

export const tmdbRetentionInputSchema = z.strictObject({});
export type TmdbRetentionInput = z.input<typeof tmdbRetentionInputSchema>;

/** What was older than TMDB_MAX_AGE_DAYS and is not there any more. */
export const erasedSchema = z.object({
  movies: count.describe('Movies whose TMDB text was erased'),
  details: count,
  genres: count,
  titles: count.describe('Catalogue rows of TMDB-only titles without text that no user has met'),
  raw: count.describe('Days of raw answers, and single files'),
});
export type Erased = z.infer<typeof erasedSchema>;

export const tmdbRetentionResultSchema = z.object({
  refreshed: askedDetailsSchema.describe('None without a key'),
  erased: erasedSchema,
});
export type TmdbRetentionResult = z.infer<typeof tmdbRetentionResultSchema>;

/** Pages of one list, of one day. */
export interface PageRange {
  readonly day: string;
  readonly list: TmdbList;
  readonly from: number;
  readonly to: number;
}
export interface FetchedPages {
  /** Pages now on disk, from the first of the range on */
  readonly pages: number;
  /** Of those, pages that were not on disk before */
  readonly requested: number;
  /** Pages that the list has, as its first page of the range says */
  readonly total_pages: number;
}
