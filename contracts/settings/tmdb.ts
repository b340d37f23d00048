import { z } from 'zod';
import { cronLineSchema } from '../cron.ts';
import { settingsOf } from './settings.ts';

export const TMDB_SETTINGS = settingsOf(
  {
    TMDB_API_KEY: z.string().trim().optional().describe('v3 key or v4 read access token of the TMDB API; without one TMDB is not asked'),
    TMDB_API_URL: z.url().default('https://api.themoviedb.org/3').describe('Address of the TMDB API'),
    TMDB_IMAGE_URL: z
      .url({ protocol: /^https?$/ })
      .default('https://image.tmdb.org/t/p')
      .describe('Address of the images of TMDB, which the API fetches posters from where there is a key'),
    TMDB_REQUESTS_PER_SECOND: z.coerce
      .number()
      .int()
      .min(1)
      .max(50)
      .default(35)
      .describe('Requests to TMDB at most, by each control worker'),
    TMDB_RETENTION_CRON: cronLineSchema
      .default('30 2 * * *')
      .describe('When what TMDB said is refreshed or erased before it is too old, UTC'),
  },
  (env) => ({
    apiKey: env.TMDB_API_KEY || undefined,
    url: env.TMDB_API_URL,
    imageUrl: env.TMDB_IMAGE_URL,
    requestsPerSecond: env.TMDB_REQUESTS_PER_SECOND,
  }),
);
export type TmdbSettings = Readonly<ReturnType<typeof TMDB_SETTINGS.read>>;
