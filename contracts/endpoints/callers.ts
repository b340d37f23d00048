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
  places: {
    method: 'get',
    path: '/api/v1/places',
    tag: 'access',
    role: 'viewer',
    summary: 'Pages of others that show more of the same',
    answer: z.object({
      temporal_runs: z.string().nullable().describe("Where Temporal's Web UI has a run; its id is to be put behind a slash"),
    }),
  },
} as const satisfies Record<string, EndpointDescription>;
