import { z } from 'zod';
import { movieIdSchema } from '../../contracts/events.ts';
import { movieSchema } from '../../contracts/movies.ts';
import { missing } from '../../contracts/failures.ts';
import { readMovie } from '../../domain/catalogue/movies.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

/** The catalogue, to read. */
export const createMovieEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(
    {
      method: 'get',
      path: '/api/v1/movies/:movie_id',
      tag: 'movies',
      role: 'viewer',
      summary: 'A movie of the catalogue, with what TMDB says of it where TMDB was asked',
      params: z.object({ movie_id: movieIdSchema }),
      answer: movieSchema,
      problems: ['missing'],
    },
    async ({ params: { movie_id } }) => {
      const movie = await readMovie(pool, movie_id);
      if (!movie) throw missing(`There is no movie ${movie_id} in the catalogue`);
      return movie;
    },
  ),
];
