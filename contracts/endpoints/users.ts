import { putUserBodySchema, userParamsSchema, userSchema } from '../users.ts';
import type { EndpointDescription } from './endpoint.ts';

const one = { path: '/api/v1/users/:user_id', tag: 'users', params: userParamsSchema, answer: userSchema } as const;

/** What is known of users. */
export const users = {
  get: { ...one, method: 'get', summary: 'What is known of a user', role: 'viewer', problems: ['missing'] },
  put: { ...one, method: 'put', summary: "Set a user's age", role: 'user', body: putUserBodySchema },
} as const satisfies Record<string, EndpointDescription>;
