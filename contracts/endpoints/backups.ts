import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { backupHistorySchema } from '../backupHistory.ts';
import type { EndpointDescription } from './endpoint.ts';

/** What the ledger knows of backups; what lies at BACKUP_URL is listed by `mlops backup list`, which can reach it. */
export const backups = {
  list: {
    method: 'get',
    path: '/api/v1/backups',
    tag: 'backups',
    role: 'viewer',
    summary: 'Backups that runs took, newest first, and the latest drills that restored one and compared every row',
    query: z.strictObject({ limit: integerQueryOr(30, 1, 200) }),
    answer: backupHistorySchema,
  },
} as const satisfies Record<string, EndpointDescription>;
