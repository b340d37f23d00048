import { forgetKeysBefore } from '../../domain/events/idempotency.ts';
import { removeHealthBefore } from '../../domain/events/systemHealth.ts';
import { removeOutcomesBefore } from '../../domain/outcomes/readOutcomes.ts';
import { removeOldTrends } from '../../domain/trends/trends.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
const HEALTH_KEPT_DAYS = 7;
const KEYS_KEPT_DAYS = 1;
const OUTCOMES_KEPT_DAYS = 400;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

/**
 * Removes what services said of their health more than a week ago, what became of answers more than 400 days ago and what trended yesterday, and forgets the
 * Idempotency-Keys of more than a day ago.
 */
export function forgetOldEvents({ log, onShutdown }: Pick<ProcessContext, 'log' | 'onShutdown'>, pool: Pool): void {
  const looks = startLoop({ name: 'old events', restMs: LOOK_EVERY_MS, log }, async () => {
    const removed = await removeHealthBefore(pool, daysAgo(HEALTH_KEPT_DAYS));
    const forgotten = await forgetKeysBefore(pool, daysAgo(KEYS_KEPT_DAYS));
    const outcomes = await removeOutcomesBefore(pool, daysAgo(OUTCOMES_KEPT_DAYS));
    const trends = await removeOldTrends(pool);
    return removed + forgotten + outcomes + trends > 0;
  });
  onShutdown('old events', () => looks.stop());
}
