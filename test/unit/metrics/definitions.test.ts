import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import type { MetricDefinition } from '../../../contracts/metrics/definition.ts';
import { METRICS } from '../../../contracts/metrics/index.ts';
import { metricsPage } from '../../../deploy/metricsPage.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { entriesBelow } from '../../../platform/entriesBelow.ts';
import { addMetrics, atScrape, createMetrics } from '../../../platform/metrics.ts';

const all = Object.values(METRICS)
  .flatMap((groups) => Object.values<Readonly<Record<string, MetricDefinition>>>(groups))
  .flatMap((group) => Object.entries(group));

test('docs/metrics.md is what `npm run metrics-page` writes', () => {
  expect(readFileSync(path.join(PROJECT_ROOT, 'docs', 'metrics.md'), 'utf8')).toBe(metricsPage());
});

test('a name means one thing wherever it stands', () => {
  const meanings = new Map<string, Set<MetricDefinition>>();
  for (const [name, definition] of all) meanings.set(name, (meanings.get(name) ?? new Set()).add(definition));
  expect([...meanings].filter(([, definitions]) => definitions.size > 1)).toEqual([]);
});

test.each(all)('%s is named as Prometheus asks, and says what it and its labels are', (name, { kind, help, labels = {}, buckets }) => {
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  expect(name).not.toMatch(/_(ms|mb|kb|minutes|hours|count|sum|bucket|gauge|counter|histogram)(_|$)/);
  expect(help).toMatch(/\w/);
  for (const [label, values] of Object.entries(labels))
    expect([label, values]).toEqual([expect.stringMatching(/^[a-z_]+$/), expect.stringMatching(/\w/)]);
  // `process` is on every line already.
  expect(Object.keys(labels)).not.toContain('process');
  expect(buckets !== undefined).toBe(kind === 'histogram');
});

test('no metric is made but from the definitions', async () => {
  const rooms = ['activities', 'api', 'domain', 'jobs', 'platform', 'serving', 'workers'];
  const files = (await Promise.all(rooms.map((room) => sourcesOf(room)))).flat();
  expect(files.length).toBeGreaterThan(500);
  const makers = files.filter((file) => /new (Counter|Gauge|Histogram|Summary)\b|new KINDS/.test(readFileSync(file, 'utf8')));
  expect(makers.map((file) => path.relative(PROJECT_ROOT, file))).toEqual(['platform/metrics.ts']);
});

async function sourcesOf(room: string): Promise<string[]> {
  const entries = await entriesBelow(path.join(PROJECT_ROOT, room));
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map(({ parentPath, name }) => path.join(parentPath, name));
}

test('what several parts of a process show together is made once', async () => {
  const registry = new Registry();
  const groups = { seen_total: { kind: 'counter', help: 'seen', labels: { by: 'a or b' } } } as const;
  addMetrics(registry, groups).seen_total.inc({ by: 'a' });
  addMetrics(registry, groups).seen_total.inc({ by: 'a' }, 2);
  expect(await registry.metrics()).toContain('seen_total{by="a"} 3');
});

test('a gauge is looked up at each scrape', async () => {
  const registry = new Registry();
  const { now } = addMetrics(registry, { now: { kind: 'gauge', help: 'now' } } as const);
  let value = 0;
  atScrape(now, (gauge) => gauge.set((value += 1)));
  await registry.metrics();
  expect(await registry.metrics()).toContain('now 2');
});

test("every line carries its process, and none of prom-client's misnamed totals is there", async () => {
  const text = await createMetrics('api').metrics();
  expect(text).toContain('process_resident_memory_bytes{process="api"}');
  expect(text).not.toMatch(/^# TYPE \w+_total gauge$/m);
});
