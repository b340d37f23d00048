import { system } from '../../contracts/endpoints/system.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

type SystemDeps = Pick<ApiDeps, 'version' | 'health' | 'settings' | 'readEngines'>;

const startedAt = () => new Date(Date.now() - process.uptime() * 1_000).toISOString();

export const createSystemEndpoints = ({ version, health, settings, readEngines }: SystemDeps): Endpoint[] => [
  endpoint(system.versions, async () => ({
    ...{ version, release: health.release || version, node: process.versions.node, started_at: startedAt() },
    ...(await readEngines()),
  })),
  endpoint(system.settings, async () => ({ settings: [...settings] })),
];
