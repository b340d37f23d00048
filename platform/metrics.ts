import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition, MetricDefinitions } from '../contracts/metrics/definition.ts';

/** Totals of prom-client's that are no counters, which Prometheus's conventions forbid; the same figures are there by kind. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The metrics registry of one process: Node's own figures and whatever its parts add. Every line carries the process's name. */
export function createMetrics(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return registry;
}

type LabelOf<D extends MetricDefinition> = D extends { readonly labels: infer Labels } ? Extract<keyof Labels, string> : never;
type MetricOf<D extends MetricDefinition> = D['kind'] extends 'counter'
  ? Counter<LabelOf<D>>
  : D['kind'] extends 'gauge'
    ? Gauge<LabelOf<D>>
    : Histogram<LabelOf<D>>;
export type MetricsOf<D extends MetricDefinitions> = { readonly [Name in keyof D]: MetricOf<D[Name]> };

const KINDS = { counter: Counter, gauge: Gauge, histogram: Histogram };

/** Makes a group of the metrics of `contracts/metrics/`, which a process then shows; what it has already is shared, as its surfaces do. */
export function addMetrics<D extends MetricDefinitions>(registry: Registry, definitions: D): MetricsOf<D> {
  const made = Object.entries(definitions).map(([name, { kind, help, labels = {}, buckets }]) => {
    const known = registry.getSingleMetric(name);
    const settings = { name, help, labelNames: Object.keys(labels), registers: [registry] };
    return [name, known ?? new KINDS[kind](buckets ? { ...settings, buckets: [...buckets] } : settings)];
  });
  return Object.fromEntries(made) as MetricsOf<D>;
}

/** Has a metric look at each scrape. */
export function atScrape<M extends Counter | Gauge>(metric: M, look: (metric: M) => void | Promise<void>): void {
  Object.assign(metric, { collect: () => look(metric) });
}
