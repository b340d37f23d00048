import { erasures } from '../../contracts/endpoints/erasures.ts';
import { missing } from '../../contracts/failures.ts';
import { listErasures, readReceipt } from '../../domain/erasure/requests.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createErasureEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(erasures.list, async ({ query }) => ({ erasures: await listErasures(pool, query.limit) })),
  endpoint(erasures.get, async ({ params: { receipt } }) => {
    const found = await readReceipt(pool, receipt);
    if (!found) throw missing(`There is no erasure ${receipt}`);
    return found;
  }),
];
