import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BuiltPanel } from '../../../console/api/built.ts';
import { en, type Word } from '../../../console/words/en.ts';
import { fill } from '../../../console/words/fill.ts';
import { ko } from '../../../console/words/ko.ts';
import { OVERVIEW, panelsOf } from '../../../deploy/local/setup/buildConsole.mjs';
import { STARTABLE_WORKFLOWS, WORKFLOWS } from '../../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { entriesBelow } from '../../../platform/entriesBelow.ts';

const words = Object.keys(en) as Word[];
const placesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('both languages have every text, with the same values put in', () => {
  expect(Object.keys(ko).sort()).toEqual([...words].sort());
  expect(words.filter((word) => en[word].trim() === '' || ko[word].trim() === '')).toEqual([]);
  expect(words.filter((word) => placesIn(en[word]).join() !== placesIn(ko[word]).join())).toEqual([]);
});

test('a Korean text is in Korean, but for what has no words', () => {
  const foreign = words.filter((word) => !/[가-힣]/.test(ko[word]) && /[a-z]{3}/i.test(ko[word].replace(/\{\w+\}/g, '')));
  expect(foreign).toEqual([]);
});

test('every workflow that can be started says what it does in both languages, in English as the API says it', () => {
  for (const workflow of STARTABLE_WORKFLOWS) {
    expect(en[`workflow.${workflow}`]).toBe(WORKFLOWS[workflow].description);
    expect(ko[`workflow.${workflow}`]).toMatch(/[가-힣]/);
  }
});

test('every panel of the overview has a title in Korean', async () => {
  const overview = JSON.parse(readFileSync(path.join(PROJECT_ROOT, ...OVERVIEW), 'utf8')) as { panels: object[] };
  const titles = (panelsOf(overview) as readonly BuiltPanel[]).flatMap(({ row, title }) => [row, title]);
  expect(titles.filter((title) => en[`panel.${title}` as Word] !== title)).toEqual([]);
  expect(titles.length).toBeGreaterThan(20);
});

test('values are put in as they are, and what is missing stays', () => {
  expect(fill('{run} failed after {count}', { run: '<b>$&</b>', count: 3 })).toBe('<b>$&</b> failed after 3');
  expect(fill('{run} failed', {})).toBe('{run} failed');
});

test('no text is kept that no page says', async () => {
  const folder = path.join(PROJECT_ROOT, 'console');
  const files = (await entriesBelow(folder)).flatMap((entry) =>
    /\.tsx?$/.test(entry.name) && path.basename(entry.parentPath) !== 'words' ? [path.join(entry.parentPath, entry.name)] : [],
  );
  const said = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  // Said by name, or by a group and a state: `t('move.${move}')`, `<State of={…} group="letter" />`.
  const groups = new Set(
    [...said.matchAll(/[`'"](\w+)\.\$\{|group="(\w+)"|named\('(\w+)'/g)].map(([, a, b, c]) => a ?? b ?? c).concat('state'),
  );
  const unsaid = words.filter((word) => !said.includes(`'${word}'`) && !groups.has(word.split('.')[0]));
  expect(unsaid).toEqual([]);
});
