import type { DataRetentionResult } from '../contracts/retention.ts';
import { removeExpired } from '../domain/retention/removeExpired.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { underWay } from '../platform/temporal/activity.ts';

interface RetentionDeps {
  readonly pool: Pool;
  readonly config: Pick<Config, 'retention' | 'dataDir'>;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

export const createRetentionActivities = ({ pool, config: { retention, dataDir }, log }: RetentionDeps) => ({
  async removeExpired(): Promise<DataRetentionResult> {
    const { signal, report } = underWay();
    const before = {
      logsBefore: daysAgo(retention.runLogsDays),
      rejectsBefore: daysAgo(retention.rejectsDays),
      auditBefore: daysAgo(retention.auditDays),
    };
    const removed = await removeExpired({ pool, dataDir, ...before, signal, onProgress: report });
    log.info({ ...removed }, 'what was kept long enough is removed');
    return removed;
  },
});

export type RetentionActivities = ReturnType<typeof createRetentionActivities>;
