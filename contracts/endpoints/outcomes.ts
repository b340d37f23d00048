import { outcomesQuerySchema, outcomesSchema } from '../outcomes.ts';
import type { EndpointDescription } from './endpoint.ts';

/** What became of what was shown. */
export const outcomes = {
  list: {
    method: 'get',
    path: '/api/v1/outcomes',
    tag: 'outcomes',
    role: 'viewer',
    summary: 'What users did with what was recommended: clicks, conversion, positions, satisfaction, coverage and novelty',
    query: outcomesQuerySchema,
    answer: outcomesSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
