import type { Registry } from 'prom-client';
import type { ViewReport } from '../../contracts/featureRegistry.ts';
import { CONTROL } from '../../contracts/metrics/control.ts';
import type { FeatureView } from '../../domain/features/views/view.ts';
import { listComputedViews, reportView } from '../../domain/features/featureReport.ts';
import type { Logger } from '../../platform/log.ts';
import { startLoop, type Loop } from '../../platform/loop.ts';
import { addMetrics, atScrape } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';

const LOOK_EVERY_MS = 15_000;

/**
 * Gauges of every stored feature: null rate, value range, broken rules; and of every view how fresh it is. A view is read through again only
 * after it was computed: that takes seconds for a large one.
 */
export function measureFeatures({
  pool,
  metrics,
  log,
  views,
}: {
  pool: Pool;
  metrics: Registry;
  log: Logger;
  views: readonly FeatureView[];
}): Loop {
  const show = createGauges(metrics);
  const measuredAt = new Map<string, number>();
  return startLoop({ name: 'feature metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    for (const { view: name, computed_at } of await listComputedViews(pool)) {
      const view = views.find((candidate) => candidate.name === name);
      if (!view || measuredAt.get(name) === computed_at.getTime()) continue;
      show(await reportView(pool, view));
      measuredAt.set(name, computed_at.getTime());
    }
    return false;
  });
}

function createGauges(metrics: Registry) {
  const gauges = addMetrics(metrics, CONTROL.features);
  const computedTo = new Map<string, number>();
  atScrape(gauges.feature_view_age_seconds, (gauge) => {
    for (const [view, until] of computedTo) gauge.set({ view }, (Date.now() - until) / 1000);
  });
  return (report: ViewReport): void => {
    const { view } = report;
    gauges.feature_view_rows.set({ view }, report.rows);
    if (report.computed_to) computedTo.set(view, Date.parse(report.computed_to));
    for (const { feature, null_rate, min, max, broken } of report.features) {
      const labels = { view, feature };
      gauges.feature_rules_broken.set(labels, broken.length);
      if (null_rate !== null) gauges.feature_null_rate.set(labels, null_rate);
      if (typeof min === 'number') gauges.feature_min.set(labels, min);
      if (typeof max === 'number') gauges.feature_max.set(labels, max);
    }
  };
}
