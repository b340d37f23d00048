import { CONTROL } from '../../contracts/metrics/control.ts';
import { latestReports } from '../../domain/drift/reports.ts';
import { listMeasures } from '../../domain/registry/measures.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

const LOOK_EVERY_MS = 60_000;

/**
 * Shows how good champions and challengers were when they were evaluated, and the latest drift report of each model: how far each column moved, by the
 * threshold from which it counts. What was not judged has no value.
 */
export function measureModels({ metrics, log, onShutdown }: Pick<ProcessContext, 'metrics' | 'log' | 'onShutdown'>, pool: Pool): void {
  const { model_accuracy, model_drift_score, model_drift_report_timestamp_seconds } = addMetrics(metrics, CONTROL.models);
  const looks = startLoop({ name: 'model metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const [measures, reports] = [await listMeasures(pool), await latestReports(pool)];
    for (const gauge of [model_accuracy, model_drift_score, model_drift_report_timestamp_seconds]) gauge.reset();
    for (const { model, version, metric, value } of measures) model_accuracy.set({ model, version, metric }, value);
    for (const { model_name: model, to, columns } of reports) {
      model_drift_report_timestamp_seconds.set({ model }, Date.parse(to) / 1_000);
      for (const { column, score } of columns) if (score !== null) model_drift_score.set({ model, column }, score);
    }
    return false;
  });
  onShutdown('model metrics', () => looks.stop());
}
