import { z } from 'zod';
import { ERASURES_LISTED, erasureReceiptSchema, erasureSchema, erasuresQuerySchema } from '../erasure.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'erasures';
const path = '/api/v1/erasures';

/** Receipts of erasures, none of which says whose it was. */
export const erasures = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'operator',
    summary: `Erasures of users, newest first, at most ${ERASURES_LISTED}`,
    query: erasuresQuerySchema,
    answer: z.object({ erasures: z.array(erasureSchema) }),
  },
  get: {
    method: 'get',
    path: `${path}/:receipt`,
    tag,
    role: 'viewer',
    summary: 'What became of an erasure: each store, what was found when it was looked at again, and what is kept until when',
    params: z.object({ receipt: z.uuid() }),
    answer: erasureReceiptSchema,
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
