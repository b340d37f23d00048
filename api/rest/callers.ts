import { callers } from '../../contracts/endpoints/callers.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createCallerEndpoints = ({ temporalUi }: Pick<ApiDeps, 'temporalUi'>): Endpoint[] => [
  endpoint(callers.me, async ({ principal: { name, role, isSession = false } }) => ({ name, role, is_session: isSession })),
  endpoint(callers.places, async () => ({
    temporal_runs: temporalUi ? `${temporalUi.url}/namespaces/${encodeURIComponent(temporalUi.namespace)}/workflows` : null,
  })),
];
