import type { MetricDefinition } from '../../contracts/metrics/definition.ts';
import { METRICS } from '../../contracts/metrics/index.ts';
import { RECORDINGS } from '../../deploy/prometheus/recordings.ts';

/** Every metric of the code, by its name. */
export const DEFINED: ReadonlyMap<string, MetricDefinition> = new Map(
  Object.values(METRICS)
    .flatMap((groups) => Object.values<Readonly<Record<string, MetricDefinition>>>(groups))
    .flatMap((group) => Object.entries(group)),
);

/** What can be asked for by name: what the code shows, what rules work out of it, and Prometheus's own. */
export const SHOWN: ReadonlySet<string> = new Set([
  'up',
  'ALERTS',
  ...[...DEFINED].flatMap(([name, { kind }]) => (kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name])),
  ...RECORDINGS.map(({ record }) => record),
]);

const LANGUAGE = new Set(
  'and or unless on offset by sum min max count rate increase time vector topk histogram_quantile m h d s'.split(' '),
);

/** What an expression reads, by the names that are left without labels, numbers, and words of the language. */
export function metricsOf(expr: string): string[] {
  const plain = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ').replaceAll(/\b(by|on|ignoring|without) \([^)]*\)/g, ' ');
  const words = plain.match(/[a-z_][a-z0-9_:]*/gi) ?? [];
  return words.filter((word) => !LANGUAGE.has(word) && !/^\d+[smhd]$/.test(word));
}

/** Labels that a scrape puts on every series. */
const GIVEN = new Set(['job', 'instance', 'service', 'process', 'le']);

/** Labels that an expression asks a metric of the code for, and that it has not, as `metric.label`. */
export function strangeLabels(expr: string): string[] {
  return [...expr.matchAll(/([a-z_:]+)\{([^}]*)\}/g)].flatMap(([, metric = '', matchers = '']) => {
    const labels = Object.keys(DEFINED.get(metric.replace(/_(bucket|sum|count)$/, ''))?.labels ?? {});
    const read = [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!);
    return read.filter((label) => !labels.includes(label) && !GIVEN.has(label)).map((label) => `${metric}.${label}`);
  });
}
