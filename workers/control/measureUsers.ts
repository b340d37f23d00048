import { CONTROL } from '../../contracts/metrics/control.ts';
import { lookAtUsers } from '../../domain/users/activity.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 30_000;

/** Gauges of what users do: sessions under way, how content they are, and when the latest of them did anything. */
export function measureUsers({ metrics, log, onShutdown }: Pick<ProcessContext, 'metrics' | 'log' | 'onShutdown'>, pool: Pool): void {
  const { user_sessions_active, user_satisfaction_ratio, interactions_last_timestamp_seconds } = addMetrics(metrics, CONTROL.users);
  user_satisfaction_ratio.set(NaN); // 0 would be nobody content
  interactions_last_timestamp_seconds.set(NaN);
  const looks = startLoop({ name: 'user metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const { sessions, satisfaction, latest } = await lookAtUsers(pool);
    user_sessions_active.set(sessions);
    user_satisfaction_ratio.set(satisfaction ?? NaN);
    interactions_last_timestamp_seconds.set(latest === null ? NaN : latest.getTime() / 1_000);
    return false;
  });
  onShutdown('user metrics', () => looks.stop());
}
