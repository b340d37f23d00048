import { z } from 'zod';
import { movieRefSchema } from '../events.ts';
import { changedMovieSchema, foundMoviesSchema, movieBatchSchema, movieFieldsSchema, moviePatchSchema, movieSchema } from '../movies.ts';
import { QUERY_CHARACTERS } from '../sizes.ts';
import { plainText } from '../text.ts';
import { TREND_WINDOWS, trendingAnswerSchema } from '../trends.ts';
import { integerQueryOr } from '../integerQuery.ts';
import { IMAGE, type EndpointDescription } from './endpoint.ts';

const tag = 'movies';
const one = { path: '/api/v1/movies/:movie_id', tag, params: z.object({ movie_id: movieRefSchema }) } as const;
const change = { ...one, role: 'operator', answer: changedMovieSchema, problems: ['missing', 'conflict'] } as const;

/** The catalogue. A movie goes by its id, or by that of a source: `shop:SKU-1`. */
export const movies = {
  search: {
    method: 'get',
    path: '/api/v1/movies',
    tag,
    role: 'viewer',
    summary: 'Movies of the catalogue whose titles have all of these words, each at least begun so',
    query: z.strictObject({ title: plainText(QUERY_CHARACTERS).min(1), limit: integerQueryOr(20, 1, 100) }),
    answer: foundMoviesSchema,
  },
  trending: {
    method: 'get',
    path: '/api/v1/movies/trending',
    tag,
    role: 'viewer',
    summary: 'What trends: movies by how many users chose them in the last hour or day, counted as events pass',
    query: z.strictObject({ window: z.enum(TREND_WINDOWS).default('day'), limit: integerQueryOr(10, 1, 500) }),
    answer: trendingAnswerSchema,
  },
  get: {
    ...one,
    method: 'get',
    role: 'viewer',
    summary: 'A movie of the catalogue, with what TMDB says of it where TMDB was asked',
    answer: movieSchema,
    problems: ['missing'],
  },
  poster: {
    ...one,
    path: `${one.path}/poster`,
    method: 'get',
    role: 'viewer',
    summary: 'The poster of a movie, where TMDB has one and is asked: it comes from here, so that a page asks nobody else',
    media: IMAGE,
    answer: z.instanceof(Uint8Array).meta({ type: 'string', format: 'binary' }),
    problems: ['missing'],
  },
  put: {
    ...change,
    method: 'put',
    summary: 'Sets what a movie is; one of an own set that is here is made where it is not there',
    body: movieFieldsSchema,
  },
  patch: { ...change, method: 'patch', summary: 'Sets the fields given of a movie', body: moviePatchSchema },
  remove: { ...change, method: 'delete', summary: 'Takes a movie out: it is not recommended any more' },
  change: {
    method: 'post',
    path: '/api/v1/movies',
    tag,
    role: 'operator',
    summary: 'Changes many movies in the order given, all or none',
    body: movieBatchSchema,
    answer: z.object({ movies: z.array(changedMovieSchema) }),
    problems: ['missing', 'conflict'],
  },
} as const satisfies Record<string, EndpointDescription>;
