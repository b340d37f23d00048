import { Gauge, type Registry } from 'prom-client';
import type { ViewReport } from '../../contracts/featureRegistry.ts';
import type { FeatureView } from '../../domain/features/views/view.ts';
import { listComputedViews, reportView } from '../../domain/features/featureReport.ts';
import type { Logger } from '../../platform/log.ts';
import { startLoop, type Loop } from '../../platform/loop.ts';
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
  const ofFeature = (name: string, help: string) => new Gauge({ name, help, labelNames: ['view', 'feature'], registers: [metrics] });
  const nullRate = ofFeature('feature_null_rate', 'Share of nulls, 0 to 1');
  const least = ofFeature('feature_min', 'Least value; of a list, least item');
  const greatest = ofFeature('feature_max', 'Greatest value; of a list, greatest item');
  const broken = ofFeature('feature_rules_broken', 'Parts of its rule that do not hold');
  const rows = new Gauge({ name: 'feature_view_rows', help: 'Offline rows', labelNames: ['view'], registers: [metrics] });
  const computedTo = new Map<string, number>();
  new Gauge({
    name: 'feature_view_age_seconds',
    help: 'Time since the moment up to which the view is computed',
    labelNames: ['view'],
    registers: [metrics],
    collect() {
      for (const [view, until] of computedTo) this.set({ view }, (Date.now() - until) / 1000);
    },
  });
  return (report: ViewReport): void => {
    const { view } = report;
    rows.set({ view }, report.rows);
    if (report.computed_to) computedTo.set(view, Date.parse(report.computed_to));
    for (const { feature, null_rate, min, max, broken: rules } of report.features) {
      const labels = { view, feature };
      broken.set(labels, rules.length);
      if (null_rate !== null) nullRate.set(labels, null_rate);
      if (typeof min === 'number') least.set(labels, min);
      if (typeof max === 'number') greatest.set(labels, max);
    }
  };
}
