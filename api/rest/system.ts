import { system } from '../../contracts/endpoints/system.ts';
import { STARTED_AT } from '../../platform/health.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

type SystemDeps = Pick<ApiDeps, 'version' | 'health' | 'settings' | 'readEngines' | 'readState'>;

export const createSystemEndpoints = ({ version, health, settings, readEngines, readState }: SystemDeps): Endpoint[] => [
  endpoint(system.versions, async () => ({
    ...{ version, release: health.release || version, node: process.versions.node, started_at: STARTED_AT },
    ...(await readEngines()),
  })),
  endpoint(system.state, () => readState()),
  endpoint(system.settings, async () => ({ settings: [...settings] })),
];
