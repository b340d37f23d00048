import type { Registry } from 'prom-client';
import { API } from '../contracts/metrics/api.ts';
import { readFeatures, type FeatureColumn } from '../domain/features/online/readFeatures.ts';
import { addMetrics } from '../platform/metrics.ts';

/** Reads features as the domain does, counted and timed as served by one of the surfaces. */
export function measuredReadFeatures(registry: Registry, surface: 'rest' | 'feast'): typeof readFeatures {
  const { feature_serving_duration_seconds: duration, feature_served_values_total: served } = addMetrics(registry, API.features);
  return async (...asked) => {
    const stop = duration.startTimer({ surface });
    const columns = await readFeatures(...asked);
    stop();
    for (const [status, count] of countStatuses(columns)) served.inc({ surface, status: status.toLowerCase() }, count);
    return columns;
  };
}

function countStatuses(columns: readonly FeatureColumn[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { statuses } of columns) for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
