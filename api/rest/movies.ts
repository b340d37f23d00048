import { movies } from '../../contracts/endpoints/movies.ts';
import { missing } from '../../contracts/failures.ts';
import { TMDB_ATTRIBUTION } from '../../contracts/tmdb.ts';
import type { MovieChange } from '../../contracts/movies.ts';
import { changeMovies } from '../../domain/catalogue/changeMovies.ts';
import { movieIdsOf } from '../../domain/catalogue/movieRefs.ts';
import { readMovie, titlesOf } from '../../domain/catalogue/movies.ts';
import { readPosterPath } from '../../domain/catalogue/posterPath.ts';
import { searchMovies } from '../../domain/catalogue/searchMovies.ts';
import { listTrends } from '../../domain/trends/trends.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, imageEndpoint, type Endpoint } from './endpoint.ts';

const changeOne = async (pool: Pool, change: MovieChange) => (await changeMovies(pool, [change]))[0]!;

/** A browser that shows a list again asks for none of them again. */
const POSTER_KEPT_S = 86_400;

export const createMovieEndpoints = ({ pool, tmdbImages }: Pick<ApiDeps, 'pool' | 'tmdbImages'>): Endpoint[] => [
  // Before what takes any id in its place.
  endpoint(movies.trending, async ({ query: { window, limit } }) => {
    const trends = await listTrends(pool, window, limit);
    const { titles, fromTmdb } = await titlesOf(
      pool,
      trends.map(({ movieId }) => movieId),
    );
    const titled = trends.flatMap(({ movieId, users }) => {
      const movie = titles.get(movieId);
      return movie ? [{ ...movie, users }] : [];
    });
    return { window, movies: titled, ...(fromTmdb && { attribution: TMDB_ATTRIBUTION }) };
  }),
  endpoint(movies.search, async ({ query: { title, limit } }) => {
    const ids = await searchMovies(pool, title, limit);
    const { titles, fromTmdb } = await titlesOf(pool, ids);
    return { movies: ids.flatMap((id) => titles.get(id) ?? []), ...(fromTmdb && { attribution: TMDB_ATTRIBUTION }) };
  }),
  endpoint(movies.get, async ({ params: { movie_id } }) => {
    const [id = ''] = await movieIdsOf(pool, [movie_id]);
    const movie = await readMovie(pool, id);
    if (!movie) throw missing(`There is no movie ${movie_id} in the catalogue`);
    return movie;
  }),
  imageEndpoint(movies.poster, async ({ params: { movie_id } }) => {
    const [id = ''] = await movieIdsOf(pool, [movie_id]);
    const path = await readPosterPath(pool, id);
    if (path === null || tmdbImages === undefined) throw missing(`There is no poster of movie ${movie_id} here`);
    return { ...(await tmdbImages.get(path)), keptS: POSTER_KEPT_S };
  }),
  endpoint(movies.put, ({ params, body: fields }) => changeOne(pool, { op: 'put', ...params, fields })),
  endpoint(movies.patch, ({ params, body: fields }) => changeOne(pool, { op: 'patch', ...params, fields })),
  endpoint(movies.remove, ({ params }) => changeOne(pool, { op: 'delete', ...params })),
  endpoint(movies.change, async ({ body }) => ({ movies: await changeMovies(pool, body.changes) })),
];
