import { z } from 'zod';

/** What trends, as a variant of a route names it beside models of the registry, and as answers name what made them. */
export const TRENDING = 'trending';
export const TREND_WINDOWS = ['hour', 'day'] as const;
/** The time up to now in which choices count. */
export type TrendWindow = (typeof TREND_WINDOWS)[number];
/** Seconds in which choices are counted together: a window is longer than its name by at most so much. */
export const TREND_BUCKET_SECONDS = 300;

const trendingMovieSchema = z.object({
  movie_id: z.string(),
  own_id: z.string().optional().describe('Of an own movie: `source:external_id`'),
  title: z.string(),
  genres: z.array(z.string()),
  release_year: z.number().int().nullable(),
  poster_url: z.string().nullable().describe('Where TMDB has one'),
  users: z.number().int().describe('Who chose it in that time, each once'),
});
export const trendingAnswerSchema = z.object({
  window: z.enum(TREND_WINDOWS),
  movies: z.array(trendingMovieSchema).describe('Those that most users chose first; none where nobody chose any'),
  attribution: z.string().optional().describe('To be shown with it, where a title is from TMDB'),
});
