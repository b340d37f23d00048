import { missing } from '../../contracts/failures.ts';
import { putUserBodySchema, userParamsSchema, userSchema } from '../../contracts/users.ts';
import { getUser, putUser } from '../../domain/users/users.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const tag = 'users';
const path = '/api/v1/users/:user_id';

/** What is known of users beside what they did. */
export const createUserEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(
    {
      method: 'get',
      path,
      tag,
      summary: 'What is known of a user',
      role: 'viewer',
      params: userParamsSchema,
      answer: userSchema,
      problems: ['missing'],
    },
    async ({ params }) => {
      const user = await getUser(pool, params.user_id);
      if (!user) throw missing(`Nothing is known of user ${params.user_id}`);
      return user;
    },
  ),
  endpoint(
    {
      method: 'put',
      path,
      tag,
      summary: "Set a user's age",
      role: 'user',
      params: userParamsSchema,
      body: putUserBodySchema,
      answer: userSchema,
    },
    async ({ params, body }) => putUser(pool, { ...params, ...body }),
  ),
];
