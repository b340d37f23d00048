import { z } from 'zod';

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
  external_ids: z.record(z.string(), z.string()).describe('Ids of the same movie elsewhere, by catalogue'),
  tmdb: tmdbDisplaySchema.nullable(),
});
export type Movie = z.infer<typeof movieSchema>;
