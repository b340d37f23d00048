import { scaling } from '../../contracts/endpoints/scaling.ts';
import { listServices, readService } from '../../domain/scaling/services.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createScalingEndpoints = ({ pool, minReplicas }: Pick<ApiDeps, 'pool' | 'minReplicas'>): Endpoint[] => [
  endpoint(scaling.list, async () => ({ services: await listServices(pool, minReplicas) })),
  endpoint(scaling.get, ({ params: { service } }) => readService(pool, service, minReplicas)),
];
