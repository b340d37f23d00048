import { z } from 'zod';
import { decidedTitleSchema, titleDecisionSchema, titleMatchesQuerySchema, titleMatchSchema, titleParamsSchema } from '../titleMatches.ts';
import type { EndpointDescription } from './endpoint.ts';

const path = '/api/v1/data/matches';

/** Which movies of the catalogue those of MovieLens 100K are. */
export const titleMatches = {
  list: {
    method: 'get',
    path,
    tag: 'data',
    summary: 'Movies of 100K, and how each was matched with the catalogue',
    role: 'viewer',
    query: titleMatchesQuerySchema,
    answer: z.object({ matches: z.array(titleMatchSchema) }),
  },
  decide: {
    method: 'put',
    path: `${path}/:external_id`,
    tag: 'data',
    summary: 'Decides which movie one of 100K is; the next import of the set goes by it',
    role: 'operator',
    params: titleParamsSchema,
    body: titleDecisionSchema,
    answer: decidedTitleSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
