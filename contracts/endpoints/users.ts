import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { erasureSchema } from '../erasure.ts';
import { putUserBodySchema, userParamsSchema, userSchema, userSessionSchema } from '../users.ts';
import { JSON_LINES, type EndpointDescription } from './endpoint.ts';

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
  export: {
    method: 'get',
    path: '/api/v1/users/:user_id/export',
    tag: 'users',
    role: 'user',
    summary: 'All that is kept of a user, a line of JSON for each row; for operators, and whoever calls under the id as their own name',
    params: userParamsSchema,
    answer: z.string().describe('Lines of `{"store", "row"}`; the last has the store `end` and how many there were before it'),
    media: JSON_LINES,
  },
  erase: {
    method: 'post',
    path: '/api/v1/users/:user_id/erasure',
    tag: 'users',
    role: 'user',
    summary: 'Erase a user from every store; for operators, and whoever calls under the id as their own name',
    params: userParamsSchema,
    status: 202,
    answer: erasureSchema,
  },
  put: { ...one, method: 'put', summary: "Set a user's age", role: 'user', isData: true, body: putUserBodySchema },
} as const satisfies Record<string, EndpointDescription>;
