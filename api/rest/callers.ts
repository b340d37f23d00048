import { callers } from '../../contracts/endpoints/callers.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createCallerEndpoints = (): Endpoint[] => [
  endpoint(callers.me, async ({ principal: { name, role, isSession = false } }) => ({ name, role, is_session: isSession })),
];
