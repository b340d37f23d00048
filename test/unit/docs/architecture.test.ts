import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stepOf, WORKFLOWS, type WorkflowName } from '../../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';

const read = (file: string) => readFileSync(path.join(PROJECT_ROOT, file), 'utf8');
const page = read('docs/architecture.md');

test('its table has every workflow, the prefix of its runs and all of its steps, and no other', () => {
  const told = [...page.matchAll(/^\| `(\w+)` \| `([\w-]+)\/\S+` \| (.+) \|$/gm)].map(([, name, prefix, steps = '']) => ({
    name,
    prefix,
    steps: new Set(steps.match(/\b[a-z]+(_[a-z]+)+\b/g)?.filter((word) => word !== 'max_parallel')),
  }));
  const rows = Object.keys(WORKFLOWS).map((name) => ({
    name,
    prefix: WORKFLOWS[name as WorkflowName].prefix ?? WORKFLOWS.movieTrainingPipeline.prefix,
    steps: new Set(Object.keys(WORKFLOWS[name as WorkflowName].steps).map(stepOf)),
  }));
  const byName = <Row extends { name?: string | undefined }>(list: Row[]) => list.toSorted((a, b) => (a.name! < b.name! ? -1 : 1));
  expect(byName(told)).toEqual(byName(rows));
});

test('within contracts/ and domain/ no folder imports back', () => {
  const arrows = new Set(['contracts', 'domain'].flatMap(filesOf).flatMap(arrowsOf));
  expect(arrows.size).toBeGreaterThan(50);
  const back = [...arrows].filter((arrow) => arrows.has(arrow.split(' -> ').reverse().join(' -> ')));
  expect(back).toEqual([]);
});

const filesOf = (folder: string) =>
  readdirSync(path.join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));

/** Each folder that a file imports from, as `its own -> the other`. */
function arrowsOf(file: string): string[] {
  const own = path.dirname(file);
  const others = [...read(file).matchAll(/ from '(\.[^']+)'/g)].map(([, to = '']) => path.dirname(path.join(own, to)));
  return others.filter((other) => other !== own).map((other) => `${own} -> ${other}`);
}
