import type { MetricsBuffer } from '@temporalio/worker';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition } from '../contracts/metrics/definition.ts';
import { EVERY_WORKER } from '../contracts/metrics/everyWorker.ts';
import { addMetrics, atScrape } from '../platform/metrics.ts';

/** What the SDK tells of is held in a buffer of bounded size, also where nobody scrapes. */
const DRAIN_EVERY_MS = 5_000;

/** Of an update: by what it is of, and by how much, or how much it is. */
type Update = Pick<ReturnType<MetricsBuffer['retrieveUpdates']> extends Iterable<infer U> ? U : never, 'value' | 'attributes'> & {
  readonly metric: { readonly name: string };
};

/** Shows the figures of Temporal's SDK among the process's own, those that `contracts/metrics/everyWorker.ts` names with the labels that it names. */
export function showSdkMetrics(registry: Registry, buffer: { retrieveUpdates(): Iterable<Update> }): void {
  const metrics = addMetrics(registry, EVERY_WORKER.temporal);
  const shown = new Map<string, { metric: Counter | Gauge | Histogram; labels: readonly string[] }>();
  for (const [name, { labels = {} }] of Object.entries<MetricDefinition>(EVERY_WORKER.temporal))
    shown.set(sdkName(name), { metric: metrics[name as keyof typeof metrics], labels: Object.keys(labels) });
  const drain = () => {
    for (const { metric, value, attributes } of buffer.retrieveUpdates()) {
      const known = shown.get(sdkName(metric.name));
      if (!known) continue;
      const labels = Object.fromEntries(known.labels.map((label) => [label, String(attributes[label] ?? '')]));
      if ('observe' in known.metric) known.metric.observe(labels, value);
      else if ('set' in known.metric) known.metric.set(labels, value);
      else known.metric.inc(labels, value);
    }
  };
  setInterval(drain, DRAIN_EVERY_MS).unref();
  // Whichever is asked first drains for all: they are asked at once.
  for (const metric of Object.values(metrics)) if (!('observe' in metric)) atScrape(metric, drain);
}

/** Without what Prometheus's conventions add to it. */
const sdkName = (name: string): string => name.replace(/^temporal_/, '').replace(/_(total|seconds|milliseconds)$/, '');
