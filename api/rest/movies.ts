import { movies } from '../../contracts/endpoints/movies.ts';
import { missing } from '../../contracts/failures.ts';
import { readMovie } from '../../domain/catalogue/movies.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createMovieEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(movies.get, async ({ params: { movie_id } }) => {
    const movie = await readMovie(pool, movie_id);
    if (!movie) throw missing(`There is no movie ${movie_id} in the catalogue`);
    return movie;
  }),
];
