import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { putUserBodySchema, userParamsSchema, userSchema, userSessionSchema } from '../users.ts';
import type { EndpointDescription } from './endpoint.ts';

const one = { path: '/api/v1/users/:user_id', tag: 'users', params: userParamsSchema, answer: userSchema } as const;

/** What is known of users. */
export const users = {
  get: { ...one, method: 'get', summary: 'What is known of a user', role: 'viewer', problems: ['missing'] },
  sessions: {
    method: 'get',
    path: '/api/v1/users/:user_id/sessions',
    tag: 'users',
    role: 'viewer',
    summary: 'What a user did in one go, newest first',
    params: userParamsSchema,
    query: z.strictObject({ limit: integerQueryOr(100, 1, 1_000) }),
    answer: z.object({ sessions: z.array(userSessionSchema) }),
  },
  put: { ...one, method: 'put', summary: "Set a user's age", role: 'user', body: putUserBodySchema },
} as const satisfies Record<string, EndpointDescription>;
