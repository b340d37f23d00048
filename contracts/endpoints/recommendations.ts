import { z } from 'zod';
import { integerQuery } from '../integerQuery.ts';
import { userIdSchema } from '../events.ts';
import { recommendationTraceSchema } from '../served.ts';
import { kQuerySchema, recommendationsAnswerSchema, variantQuerySchema } from '../recommendations.ts';
import { DEFAULT_ROUTE, routeNameSchema } from '../routes.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'recommendations';
const commaList = z.string().min(1).max(10_000);
const shareQuery = z
  .string()
  .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'from 0 to 1')
  .transform(Number);

/** The model server's choice, with titles. */
export const recommendations = {
  legacy: {
    method: 'get',
    path: '/',
    tag,
    role: 'viewer',
    summary: 'Recommendations by movie_predictor, for nobody in particular',
    query: z.strictObject({ k: kQuerySchema }),
    answer: recommendationsAnswerSchema,
  },
  get: {
    method: 'get',
    path: '/api/v1/recommendations',
    tag,
    role: 'viewer',
    summary: 'Recommendations by the champion, without what the user has seen unless `exclude_seen` is false',
    query: z.strictObject({
      k: kQuerySchema,
      user_id: userIdSchema.optional().describe('Nobody in particular when missing'),
      genres: commaList.optional().describe('Movies of at least one of these genres, comma separated'),
      exclude_genres: commaList.optional().describe('Movies of none of these genres'),
      year_from: integerQuery(1870, 2200).optional(),
      year_to: integerQuery(1870, 2200).optional(),
      exclude: commaList.optional().describe('Ids of movies to leave out, comma separated'),
      only: commaList.optional().describe('Ids of movies to choose from'),
      exclude_seen: z.enum(['true', 'false']).default('true').describe('Without what the user has seen until now'),
      diversity: shareQuery.optional().describe('0: by score alone, 1: as unlike one another as can be'),
      route: routeNameSchema.default(DEFAULT_ROUTE).describe('Which models answer'),
      variant: variantQuerySchema,
    }),
    answer: recommendationsAnswerSchema,
  },
  trace: {
    method: 'get',
    path: '/api/v1/recommendations/:recommendation_id',
    tag,
    role: 'viewer',
    summary:
      'What is known of one answer: who got what, by which variant and version, what made that, from which history; a second after it was given',
    params: z.object({ recommendation_id: z.uuid() }),
    answer: recommendationTraceSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
