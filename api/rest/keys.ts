import { keys } from '../../contracts/endpoints/keys.ts';
import { issueKey, listKeys, revokeKey, rotateKey } from '../../domain/access/keyTable.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createKeyEndpoints = ({ pool }: Pick<ApiDeps, 'pool'>): Endpoint[] => [
  endpoint(keys.issue, ({ body, principal }) => issueKey(pool, body, principal.name)),
  endpoint(keys.list, async ({ query: { all, limit } }) => ({ keys: await listKeys(pool, { all: all === 'true', limit }) })),
  endpoint(keys.rotate, ({ params: { key_id: keyId }, body: { grace_s: graceS, expires_at: expiresAt }, principal }) =>
    rotateKey(pool, { keyId, graceS, expiresAt }, principal.name),
  ),
  endpoint(keys.revoke, ({ params: { key_id: keyId }, principal }) => revokeKey(pool, keyId, principal.name)),
];
