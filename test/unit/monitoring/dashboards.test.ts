import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DASHBOARDS, grafanaFiles } from '../../../deploy/grafana/dashboards.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { queriesOf } from '../../monitoring/panelQueries.ts';
import { metricsOf, SHOWN, strangeLabels } from '../../support/promql.ts';

const FOLDER = path.join(PROJECT_ROOT, 'deploy', 'grafana');
const OF_OTHERS = new Set([
  'process_resident_memory_bytes', // Node's own
  'service_requests', // the Temporal server's
]);

test('the files below deploy/grafana are what `npm run dashboards` writes, and no other', () => {
  const files = grafanaFiles();
  const there = ['dashboards', 'provisioning/dashboards', 'provisioning/datasources'].flatMap((folder) =>
    readdirSync(path.join(FOLDER, folder)).map((name) => `${folder}/${name}`),
  );
  expect(there.sort()).toEqual(Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) expect(readFileSync(path.join(FOLDER, name), 'utf8')).toBe(text);
});

test("the guide's address leads to the overview, and each subject has a page", () => {
  expect(DASHBOARDS.map(({ uid }) => uid)).toEqual(
    ['overview', 'pipelines', 'models', 'features', 'events', 'business'].map((name) => `mlops-${name}`),
  );
  expect(new Set(DASHBOARDS.map(({ title }) => title)).size).toBe(DASHBOARDS.length);
});

describe.each(DASHBOARDS.map((dashboard) => [dashboard.title ?? '', dashboard] as const))('%s', (_title, dashboard) => {
  const queries = queriesOf(dashboard);

  test.each(queries.map(({ panel, expr }) => [panel, expr]))('%s asks for what is shown, by labels that it has: %s', (_panel, expr) => {
    const read = metricsOf(expr);
    expect(read).not.toEqual([]);
    expect(read.filter((name) => !SHOWN.has(name) && !OF_OTHERS.has(name))).toEqual([]);
    expect(strangeLabels(expr)).toEqual([]);
  });

  test('every panel has a title and a query, and the source that is chosen on the page', () => {
    const panels = (dashboard.panels ?? []).filter(({ type }) => type !== 'row');
    expect(panels.length).toBeGreaterThan(5);
    const asked = new Set(queries.map(({ panel }) => panel));
    expect(panels.filter(({ title }) => !asked.has(title ?? ''))).toEqual([]);
    expect(JSON.stringify(dashboard)).not.toMatch(/"uid":"(?!\$\{datasource\}|mlops-)/);
  });

  test('no panel lies on another or beside the page, and no two have one number', () => {
    const cells = (dashboard.panels ?? []).flatMap(({ gridPos }) => {
      const { x, y, w, h } = gridPos!;
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, nth) => `${x + (nth % w)},${y + Math.floor(nth / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    const ids = (dashboard.panels ?? []).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
