import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { qualityPageSchema, qualityReportSchema } from '../quality.ts';
import type { EndpointDescription } from './endpoint.ts';
import { runParams } from './runParams.ts';

const tag = 'data';
const path = '/api/v1/data/quality';

/** What the quality gates found in data before it was published, or was not. */
export const quality = {
  list: {
    method: 'get',
    path,
    tag,
    summary: 'Quality reports, newest first',
    role: 'viewer',
    query: z.strictObject({
      dataset: z.string().min(1).max(1_000).optional().describe('Such as `ml-1m`; `movielens` is the sample'),
      limit: integerQueryOr(50, 1, 200),
    }),
    answer: qualityPageSchema,
  },
  get: {
    method: 'get',
    path: `${path}/:subject/:run`,
    tag,
    summary: 'What each rule found in the data of a run',
    role: 'viewer',
    params: runParams,
    answer: qualityReportSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
