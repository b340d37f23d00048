import { CONTROL } from '../../contracts/metrics/control.ts';
import { readBackupTimes } from '../../domain/backup/times.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 5_000;

/** Gauges of the newest backup and the newest drill that went well. There is none where there was none. */
export function measureBackups({ metrics, log, onShutdown }: Pick<ProcessContext, 'metrics' | 'log' | 'onShutdown'>, pool: Pool): void {
  const {
    backup_last_success_timestamp_seconds: taken,
    backup_drill_last_success_timestamp_seconds: drilled,
    backup_bytes: bytes,
    backup_drill_restore_seconds: restored,
  } = addMetrics(metrics, CONTROL.backups);
  for (const each of [taken, drilled, bytes, restored]) each.remove();
  const looks = startLoop({ name: 'backup metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const found = await readBackupTimes(pool);
    if (found.taken_at) taken.set(found.taken_at.getTime() / 1_000);
    if (found.bytes !== null) bytes.set(found.bytes);
    if (found.drilled_at) drilled.set(found.drilled_at.getTime() / 1_000);
    if (found.restore_s !== null) restored.set(found.restore_s);
    return false;
  });
  onShutdown('backup metrics', () => looks.stop());
}
