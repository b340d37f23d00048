import { z } from 'zod';
import { userIdSchema } from '../events.ts';
import { recommendationTraceSchema } from '../served.ts';
import { kQuerySchema, recommendationsAnswerSchema, variantQuerySchema } from '../recommendations.ts';
import { DEFAULT_ROUTE, routeNameSchema } from '../routes.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'recommendations';

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
    summary: 'Recommendations by the champion, without what the user has seen',
    query: z.strictObject({
      k: kQuerySchema,
      user_id: userIdSchema.optional().describe('Nobody in particular when missing'),
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
