import { auditPageSchema, auditQuerySchema } from '../audit.ts';
import type { EndpointDescription } from './endpoint.ts';

/** Who changed what. */
export const audit = {
  list: {
    method: 'get',
    path: '/api/v1/audit',
    tag: 'audit',
    role: 'admin',
    summary: 'The audit log, newest first: who asked for what, what changed by it from what to what, and what the answer was',
    query: auditQuerySchema,
    answer: auditPageSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
