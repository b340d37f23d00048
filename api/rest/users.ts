import { fillPath } from '../../contracts/endpoints/endpoint.ts';
import { erasures } from '../../contracts/endpoints/erasures.ts';
import { users } from '../../contracts/endpoints/users.ts';
import { missing } from '../../contracts/failures.ts';
import { exportUser } from '../../domain/erasure/exportUser.ts';
import { findErasure, requestErasure } from '../../domain/erasure/requests.ts';
import { createErasedUsers } from '../../domain/users/erased.ts';
import { getUser, listSessions, putUser } from '../../domain/users/users.ts';
import { refuseSmallerRole, type Principal } from '../../platform/http/access.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, streamEndpoint, type Endpoint } from './endpoint.ts';

type UserDeps = Pick<ApiDeps, 'pool' | 'reportPool' | 'blobs' | 'kafka' | 'onlineStore' | 'definitions' | 'log' | 'erasureKey'>;

export function createUserEndpoints(deps: UserDeps): Endpoint[] {
  const { pool, log } = deps;
  const erased = createErasedUsers(pool, deps.erasureKey);
  return [
    endpoint(users.get, async ({ params }) => {
      const user = await getUser(pool, params.user_id);
      if (!user) throw missing(`Nothing is known of user ${params.user_id}`);
      return user;
    }),
    endpoint(users.sessions, async ({ params, query }) => ({ sessions: await listSessions(pool, params.user_id, query.limit) })),
    endpoint(users.put, async ({ params, body }) => putUser(pool, { ...params, ...body })),
    streamEndpoint(users.export, async ({ params, principal, signal }) => {
      expectOwn(principal, params.user_id);
      log.info({ by: principal.name }, 'all that is kept of a user is exported');
      return exportUser(deps, params.user_id, signal);
    }),
    endpoint(users.erase, async ({ params, principal, locate }) => {
      expectOwn(principal, params.user_id);
      const receipt = await requestErasure(pool, erased, { userId: params.user_id, by: askedBy(principal, params.user_id) });
      log.info({ receipt, by: askedBy(principal, params.user_id) }, 'the erasure of a user is asked for');
      locate(fillPath(erasures.get.path, { receipt }));
      return (await findErasure(pool, receipt))!;
    }),
  ];
}

/** Who calls under the user's own name may do it; anybody else has to be an operator. */
function expectOwn(principal: Principal, userId: string): void {
  if (principal.name !== userId) refuseSmallerRole(principal, 'operator');
}

/** A receipt names nobody whose erasure it is. */
const askedBy = ({ name }: Principal, userId: string): string => (name === userId ? 'the user' : name);
