import { LISTED, webhooks } from '../../contracts/endpoints/webhooks.ts';
import { missing } from '../../contracts/failures.ts';
import { listDeliveries } from '../../domain/webhooks/deliveries.ts';
import { listWebhooks } from '../../domain/webhooks/webhooks.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createWebhookEndpoints = ({ pool }: Pick<ApiDeps, 'pool'>): Endpoint[] => [
  endpoint(webhooks.list, async () => ({ webhooks: await listWebhooks(pool, LISTED) })),
  endpoint(webhooks.deliveries, async ({ params: { webhook_id: id }, query: { limit } }) => {
    const deliveries = await listDeliveries(pool, id, limit);
    if (!deliveries) throw missing(`There is no webhook ${id}`);
    return { deliveries };
  }),
];
