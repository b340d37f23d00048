import { movies } from '../../contracts/endpoints/movies.ts';
import { missing } from '../../contracts/failures.ts';
import type { MovieChange } from '../../contracts/movies.ts';
import { changeMovies } from '../../domain/catalogue/changeMovies.ts';
import { movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { readMovie } from '../../domain/catalogue/movies.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const changeOne = async (pool: Pool, change: MovieChange) => (await changeMovies(pool, [change]))[0]!;

export const createMovieEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(movies.get, async ({ params: { movie_id } }) => {
    const [id = ''] = await movieIdsOf(pool, [movie_id]);
    const movie = await readMovie(pool, id);
    if (!movie) throw missing(`There is no movie ${movie_id} in the catalogue`);
    return movie;
  }),
  endpoint(movies.put, ({ params, body: fields }) => changeOne(pool, { op: 'put', ...params, fields })),
  endpoint(movies.patch, ({ params, body: fields }) => changeOne(pool, { op: 'patch', ...params, fields })),
  endpoint(movies.remove, ({ params }) => changeOne(pool, { op: 'delete', ...params })),
  endpoint(movies.change, async ({ body }) => ({ movies: await changeMovies(pool, body.changes) })),
];
