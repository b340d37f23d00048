import { retention } from '../../contracts/endpoints/retention.ts';
import { listKept, type KeptDays } from '../../domain/retention/kept.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createRetentionEndpoints = ({ reportPool, keptDays }: { reportPool: Pool; keptDays: KeptDays }): Endpoint[] => [
  endpoint(retention.list, async () => ({ kept: await listKept(reportPool, keptDays) })),
];
