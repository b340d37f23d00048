import { z } from 'zod';
import { ROLES } from '../roles.ts';
import type { EndpointDescription } from './endpoint.ts';

/** Who calls. */
export const callers = {
  me: {
    method: 'get',
    path: '/api/v1/me',
    tag: 'access',
    role: 'viewer',
    summary: 'Who calls, and as what: so that a page offers nothing that would be refused',
    answer: z.object({
      name: z.string(),
      role: z.enum(ROLES),
      is_session: z.boolean().describe('By the cookie of a browser that is signed in'),
    }),
  },
} as const satisfies Record<string, EndpointDescription>;
