import { CONTROL } from '../../contracts/metrics/control.ts';
import { SYSTEM_STATES } from '../../contracts/systemCheck.ts';
import { latestSystemCheck } from '../../domain/runs/latestSystemCheck.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 15_000;

/** Shows what the latest `fullSystemCheck` found, whichever worker did it. There is nothing before the first. */
export function measureSystemChecks(
  { metrics, log, onShutdown }: Pick<ProcessContext, 'metrics' | 'log' | 'onShutdown'>,
  pool: Pool,
): void {
  const {
    system_check_state: found,
    system_check_answer_seconds: took,
    system_check_last_timestamp_seconds: last,
  } = addMetrics(metrics, CONTROL.checks);
  last.remove();
  const looks = startLoop({ name: 'system check metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const check = await latestSystemCheck(pool);
    if (check === undefined) return false;
    for (const { system, part, state, ms } of check.systems) {
      for (const each of SYSTEM_STATES) found.set({ system, part, state: each }, each === state ? 1 : 0);
      took.set({ system, part }, ms / 1_000);
    }
    last.set(Date.parse(check.checked_at) / 1_000);
    return false;
  });
  onShutdown('system check metrics', () => looks.stop());
}
