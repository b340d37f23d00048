import { backups } from '../../contracts/endpoints/backups.ts';
import { readBackupHistory } from '../../domain/backup/history.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export const createBackupEndpoints = ({ pool, backupPlace, keptDays }: Pick<ApiDeps, 'pool' | 'backupPlace' | 'keptDays'>): Endpoint[] => [
  endpoint(backups.list, async ({ query }) => ({
    ...backupPlace,
    kept_days: keptDays.backups,
    ...(await readBackupHistory(pool, query.limit)),
  })),
];
