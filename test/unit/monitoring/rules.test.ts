import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { MetricDefinition } from '../../../contracts/metrics/definition.ts';
import { METRICS } from '../../../contracts/metrics/index.ts';
import { ALERTS, runbookUrl, type Alert } from '../../../deploy/prometheus/alerts.ts';
import { prometheusFiles } from '../../../deploy/prometheus/files.ts';
import { OBJECTIVES } from '../../../deploy/prometheus/objectives.ts';
import { RECORDINGS } from '../../../deploy/prometheus/recordings.ts';
import { toYaml, yamlFile } from '../../../deploy/prometheus/yaml.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { CASES } from '../../monitoring/cases.ts';

const alerts = Object.entries<Alert>(ALERTS);
const defined = new Map(
  Object.values(METRICS)
    .flatMap((groups) => Object.values<Readonly<Record<string, MetricDefinition>>>(groups))
    .flatMap((group) => Object.entries(group)),
);
const shown = new Set([
  'up', // Prometheus's own
  ...[...defined].flatMap(([name, { kind }]) => (kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name])),
  ...RECORDINGS.map(({ record }) => record),
]);

/** What an expression reads, by the names that are left without labels, numbers, and words of the language. */
function metricsOf(expr: string): string[] {
  const plain = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ').replaceAll(/\b(by|on|ignoring|without) \([^)]*\)/g, ' ');
  const words = plain.match(/[a-z_][a-z0-9_:]*/gi) ?? [];
  return words.filter((word) => !LANGUAGE.has(word) && !/^\d+[smhd]$/.test(word));
}
const LANGUAGE = new Set('and or unless on offset by sum min max rate increase time m h d s'.split(' '));

test.each([...RECORDINGS.map(({ record, expr }) => [record, expr]), ...alerts.map(([name, { expr }]) => [name, expr])])(
  'whatever %s reads is a metric that the code shows',
  (_name, expr) => {
    const read = metricsOf(expr);
    expect(read).not.toEqual([]);
    expect(read.filter((name) => !shown.has(name))).toEqual([]);
  },
);

test.each(alerts)('the labels that %s reads of a metric are its own', (_name, { expr }) => {
  const given = new Set(['job', 'instance', 'service', 'process', 'le']); // of whoever is asked
  for (const [, metric = '', matchers = ''] of expr.matchAll(/([a-z_:]+)\{([^}]*)\}/g)) {
    const labels = Object.keys(defined.get(metric.replace(/_(bucket|sum|count)$/, ''))?.labels ?? {});
    const read = [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!);
    expect(read.filter((label) => !labels.includes(label) && !given.has(label))).toEqual([]);
  }
});

test('the files of deploy/prometheus are what `npm run prometheus-config` writes', () => {
  for (const [name, text] of Object.entries(prometheusFiles()))
    expect(readFileSync(path.join(PROJECT_ROOT, 'deploy', 'prometheus', name), 'utf8')).toBe(text);
});

test('each alert has its runbook, which says how to see it and what to do, and no other', () => {
  const page = readFileSync(path.join(PROJECT_ROOT, 'docs', 'runbooks.md'), 'utf8');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split('\n')[0], section]),
  );
  expect([...sections.keys()].sort()).toEqual(alerts.map(([name]) => name).sort());
  for (const [name, text] of sections) {
    expect(runbookUrl(name!)).toBe(`docs/runbooks.md#${name!.toLowerCase()}`);
    expect(text).toMatch(/^- See: [^]*^- Do: |\(#\w+\)/m);
  }
});

test('each alert has a case in which it comes and one in which it does not', () => {
  expect(Object.keys(CASES).sort()).toEqual(alerts.map(([name]) => name).sort());
  for (const { firing, quiet } of Object.values(CASES))
    for (const { series } of [firing, quiet]) expect(Object.keys(series)).not.toEqual([]);
});

test('the series of the cases are metrics that the code shows, or are what Prometheus says itself', () => {
  const names = Object.values(CASES).flatMap(({ firing, quiet }) => [firing, quiet].flatMap(({ series }) => Object.keys(series)));
  expect(names.map((series) => series.replace(/\{.*/, '')).filter((name) => !shown.has(name))).toEqual([]);
});

test('the bound of the promised latency is one of the histogram', () => {
  expect(defined.get('model_prediction_duration_seconds')?.buckets).toContain(OBJECTIVES.latency.seconds);
});

test('YAML is written with what would be read as another thing in quotes', () => {
  const value = { plain: 'rules.yml', time: '5s', yes: 'yes', empty: {}, none: [], list: [{ a: 1, b: [true, 'x: y'] }, 'z'] };
  expect(toYaml(value)).toBe(`
plain: rules.yml
time: "5s"
yes: "yes"
empty: {}
none: []
list:
  - a: 1
    b:
      - true
      - "x: y"
  - z`);
  expect(yamlFile(['a comment'], { a: 1 })).toBe('# a comment\na: 1\n');
});
