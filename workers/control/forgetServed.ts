import { removeServedBefore } from '../../domain/serving/served.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;

/** Removes answers of the model server that are older than SERVED_KEPT_DAYS. */
export function forgetServed({ config, log, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'onShutdown'>, pool: Pool): void {
  const looks = startLoop({ name: 'old answers', restMs: LOOK_EVERY_MS, log }, async () => {
    const removed = await removeServedBefore(pool, new Date(Date.now() - config.servedKeptDays * DAY_MS));
    if (removed > 0) log.info({ removed }, 'old answers removed');
    return removed > 0;
  });
  onShutdown('old answers', () => looks.stop());
}
