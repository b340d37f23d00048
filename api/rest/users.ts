import { users } from '../../contracts/endpoints/users.ts';
import { missing } from '../../contracts/failures.ts';
import { getUser, listSessions, putUser } from '../../domain/users/users.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createUserEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(users.get, async ({ params }) => {
    const user = await getUser(pool, params.user_id);
    if (!user) throw missing(`Nothing is known of user ${params.user_id}`);
    return user;
  }),
  endpoint(users.sessions, async ({ params, query }) => ({ sessions: await listSessions(pool, params.user_id, query.limit) })),
  endpoint(users.put, async ({ params, body }) => putUser(pool, { ...params, ...body })),
];
