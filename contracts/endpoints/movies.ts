import { z } from 'zod';
import { movieIdSchema } from '../events.ts';
import { movieSchema } from '../movies.ts';
import type { EndpointDescription } from './endpoint.ts';

/** The catalogue, to read. */
export const movies = {
  get: {
    method: 'get',
    path: '/api/v1/movies/:movie_id',
    tag: 'movies',
    role: 'viewer',
    summary: 'A movie of the catalogue, with what TMDB says of it where TMDB was asked',
    params: z.object({ movie_id: movieIdSchema }),
    answer: movieSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
