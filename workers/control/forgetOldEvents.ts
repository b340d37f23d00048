import { forgetKeysBefore } from '../../domain/events/idempotency.ts';
import { removeHealthBefore } from '../../domain/events/systemHealth.ts';
import { removeOutcomesBefore } from '../../domain/outcomes/readOutcomes.ts';
import { removeOldTrends } from '../../domain/trends/trends.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
const KEYS_KEPT_DAYS = 1;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

/**
 * Removes what services said of their health, and what became of answers, longer ago than is kept, and what trended yesterday, and forgets the Idempotency-Keys
 * of more than a day ago.
 */
export function forgetOldEvents({ config, log, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'onShutdown'>, pool: Pool): void {
  const { healthDays, outcomesDays } = config.retention;
  const looks = startLoop({ name: 'old events', restMs: LOOK_EVERY_MS, log }, async () => {
    const removed = await removeHealthBefore(pool, daysAgo(healthDays));
    const forgotten = await forgetKeysBefore(pool, daysAgo(KEYS_KEPT_DAYS));
    const outcomes = await removeOutcomesBefore(pool, daysAgo(outcomesDays));
    const trends = await removeOldTrends(pool);
    return removed + forgotten + outcomes + trends > 0;
  });
  onShutdown('old events', () => looks.stop());
}
