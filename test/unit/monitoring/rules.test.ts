import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ALERTS, runbookUrl, type Alert } from '../../../deploy/prometheus/alerts.ts';
import { prometheusFiles } from '../../../deploy/prometheus/files.ts';
import { OBJECTIVES } from '../../../deploy/prometheus/objectives.ts';
import { RECORDINGS } from '../../../deploy/prometheus/recordings.ts';
import { toYaml, yamlFile } from '../../../deploy/prometheus/yaml.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { CASES } from '../../monitoring/cases.ts';
import { DEFINED, metricsOf, SHOWN, strangeLabels } from '../../support/promql.ts';

const alerts = Object.entries<Alert>(ALERTS);

test.each([...RECORDINGS.map(({ record, expr }) => [record, expr]), ...alerts.map(([name, { expr }]) => [name, expr])])(
  'whatever %s reads is a metric that the code shows',
  (_name, expr) => {
    const read = metricsOf(expr);
    expect(read).not.toEqual([]);
    expect(read.filter((name) => !SHOWN.has(name))).toEqual([]);
  },
);

test.each(alerts)('the labels that %s reads of a metric are its own', (_name, { expr }) => {
  expect(strangeLabels(expr)).toEqual([]);
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
  expect(names.map((series) => series.replace(/\{.*/, '')).filter((name) => !SHOWN.has(name))).toEqual([]);
});

test('the bound of the promised latency is one of the histogram', () => {
  expect(DEFINED.get('model_prediction_duration_seconds')?.buckets).toContain(OBJECTIVES.latency.seconds);
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
