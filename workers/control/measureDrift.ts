import { Gauge } from 'prom-client';
import { latestReports } from '../../domain/drift/reports.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 60_000;

/** Shows the latest report of each model: how far each column moved, by the threshold from which it counts. What was not judged has no value. */
export function measureDrift({ metrics, log, onShutdown }: Pick<ProcessContext, 'metrics' | 'log' | 'onShutdown'>, pool: Pool): void {
  const score = new Gauge({
    name: 'model_drift_score',
    help: 'Difference of a column in the latest drift report, by its threshold: from 1 on it counts where it is beyond chance',
    labelNames: ['model', 'column'],
    registers: [metrics],
  });
  const looks = startLoop({ name: 'drift metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const reports = await latestReports(pool);
    score.reset();
    for (const { model_name: model, columns } of reports)
      for (const { column, score: value } of columns) if (value !== null) score.set({ model, column }, value);
    return false;
  });
  onShutdown('drift metrics', () => looks.stop());
}
