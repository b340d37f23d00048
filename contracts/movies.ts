import { z } from 'zod';
import { recordOf } from './bounded.ts';
import { movieRefSchema } from './events.ts';
import { ROWS_OF_REQUEST } from './sizes.ts';
import { plainText } from './text.ts';

const text = z.string().nullable();

/** What TMDB says of a movie. For people to see; nothing learns from it. */
export const tmdbDisplaySchema = z.object({
  tmdb_id: z.string(),
  title: z.string(),
  original_title: text,
  original_language: text,
  overview: text,
  tagline: text,
  release_date: z.iso.date().nullable(),
  genres: z.array(z.string()),
  runtime_minutes: z.number().int().nullable(),
  popularity: z.number().nullable(),
  vote_average: z.number().nullable().describe('0 to 10'),
  vote_count: z.number().int().nullable(),
  poster_url: text,
  backdrop_url: text,
  directors: z.array(z.string()),
  actors: z.array(z.object({ name: z.string(), character: text })),
  keywords: z.array(z.string()),
  fetched_at: z.iso.datetime(),
  attribution: z.string().describe('To be shown with it'),
});
export type TmdbDisplay = z.infer<typeof tmdbDisplaySchema>;

export const movieSchema = z.object({
  movie_id: z.string(),
  title: z.string().describe('Where `source` is tmdb, what TMDB calls it, or `Movie <id>`'),
  release_year: z.number().int().nullable(),
  genres: z.array(z.string()),
  source: z.string(),
  own_id: z.string().optional().describe('Of an own movie: `source:external_id`'),
  attributes: z.record(z.string(), z.unknown()).describe('Further columns of its file of titles, or what was put there'),
  external_ids: z.record(z.string(), z.string()).describe('Ids of the same movie elsewhere, by catalogue'),
  tmdb: tmdbDisplaySchema.nullable(),
});
export type Movie = z.infer<typeof movieSchema>;

export const foundMoviesSchema = z.object({
  movies: z.array(
    movieSchema.pick({ movie_id: true, title: true, release_year: true, genres: true, own_id: true }).extend({ poster_url: text }),
  ),
  attribution: z.string().optional().describe('To be shown with it, where TMDB said some of it'),
});

/** Names under which the ids of other catalogues stand, so that no own set is called so. */
export const FOREIGN_SOURCES: readonly string[] = ['movielens', 'ml-100k', 'imdb', 'tmdb', 'api', 'movie'];

const MAX_GENRES = 50;
const MAX_ATTRIBUTES = 200;
export const movieFieldsSchema = z.strictObject({
  title: plainText(1_000).min(1),
  release_year: z.number().int().min(1870).max(2200).nullable().optional(),
  genres: z.array(plainText(200).min(1)).max(MAX_GENRES).optional(),
  attributes: recordOf(
    plainText(200),
    z.union([plainText(10_000), z.number(), z.boolean()], 'text of at most 10,000 characters, a number, or true or false'),
    MAX_ATTRIBUTES,
  ).optional(),
});
export const moviePatchSchema = movieFieldsSchema.partial();
export type MoviePatch = z.output<typeof moviePatchSchema>;

export const movieChangeSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('put'), movie_id: movieRefSchema, fields: movieFieldsSchema }),
  z.strictObject({ op: z.literal('patch'), movie_id: movieRefSchema, fields: moviePatchSchema }),
  z.strictObject({ op: z.literal('delete'), movie_id: movieRefSchema }),
]);
export type MovieChange = z.output<typeof movieChangeSchema>;
export const movieBatchSchema = z.strictObject({ changes: z.array(movieChangeSchema).min(1).max(ROWS_OF_REQUEST) });

export const changedMovieSchema = movieSchema.pick({ movie_id: true, own_id: true }).extend({ op: z.enum(['put', 'patch', 'delete']) });
export type ChangedMovie = z.infer<typeof changedMovieSchema>;
