import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BuiltPanel } from '../../../console/api/built.ts';
import { listWorkflows } from '../../../api/workflowCatalogue.ts';
import { fieldsOf, type Field } from '../../../console/pages/pipelines/forms.ts';
import { koreanHints } from '../../../console/pages/pipelines/words/fields.ts';
import { en as workflowWords } from '../../../console/pages/pipelines/words/en.ts';
import { ko as koreanWorkflowWords } from '../../../console/pages/pipelines/words/ko.ts';
import { en as panelWords } from '../../../console/pages/monitoring/words/en.ts';
import { fill } from '../../../console/words/fill.ts';
import { OVERVIEW, panelsOf } from '../../../deploy/local/setup/buildConsole.mjs';
import { STARTABLE_WORKFLOWS, WORKFLOWS } from '../../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { entriesBelow } from '../../../platform/entriesBelow.ts';

type Texts = Readonly<Record<string, string>>;

const CONSOLE = path.join(PROJECT_ROOT, 'console');
const PAGES = path.join(CONSOLE, 'pages');
const SECTIONS = readdirSync(PAGES).filter((name) => existsSync(path.join(PAGES, name, 'words')));

async function wordsIn(folder: string): Promise<{ readonly en: Texts; readonly ko: Texts }> {
  const [{ en }, { ko }] = await Promise.all(['en', 'ko'].map((name) => import(path.join(folder, 'words', `${name}.ts`))));
  return { en, ko };
}

const placesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe.each([['all', CONSOLE], ...SECTIONS.map((name) => [name, path.join(PAGES, name)])])('of %s', (_name, folder) => {
  test('both languages have every text, with the same values put in', async () => {
    const { en, ko } = await wordsIn(folder);
    const words = Object.keys(en);
    expect(Object.keys(ko).sort()).toEqual([...words].sort());
    expect(words.filter((word) => en[word]!.trim() === '' || ko[word]!.trim() === '')).toEqual([]);
    expect(words.filter((word) => placesIn(en[word]!).join() !== placesIn(ko[word]!).join())).toEqual([]);
  });

  test('a Korean text is in Korean, but for what has no words', async () => {
    const { ko } = await wordsIn(folder);
    const isForeign = (text: string) => !/[가-힣]/.test(text) && /[a-z]{3}/i.test(text.replace(/\{\w+\}/g, ''));
    expect(Object.values(ko).filter(isForeign)).toEqual([]);
  });
});

test('every workflow that can be started says what it does in both languages, in English as the API says it', () => {
  for (const workflow of STARTABLE_WORKFLOWS) {
    expect((workflowWords as Texts)[`workflow.${workflow}`]).toBe(WORKFLOWS[workflow].description);
    expect((koreanWorkflowWords as Texts)[`workflow.${workflow}`]).toMatch(/[가-힣]/);
  }
});

const hintsOf = (field: Field): readonly string[] => [
  ...(field.description ? [field.description] : []),
  ...(field.kind === 'group' ? field.fields.flatMap(hintsOf) : []),
];

test('what each field of a form means is said in Korean, and nothing of what no form says', () => {
  const hints = new Set(listWorkflows().flatMap(({ input_schema: schema }) => fieldsOf(schema).flatMap(hintsOf)));
  expect([...hints].filter((hint) => !/[가-힣]/.test(koreanHints[hint] ?? ''))).toEqual([]);
  expect(Object.keys(koreanHints).filter((hint) => !hints.has(hint))).toEqual([]);
  expect(hints.size).toBeGreaterThan(30);
});

test('every panel of the overview has a title in Korean', async () => {
  const overview = JSON.parse(readFileSync(path.join(PROJECT_ROOT, ...OVERVIEW), 'utf8')) as { panels: object[] };
  const titles = (panelsOf(overview) as readonly BuiltPanel[]).flatMap(({ row, title }) => [row, title]);
  expect(titles.filter((title) => (panelWords as Texts)[`panel.${title}`] !== title)).toEqual([]);
  expect(titles.length).toBeGreaterThan(20);
});

test('a command is said as a newcomer can run it', async () => {
  const bare = /(?<!npx )\bmlops (?!\()[a-z]/;
  const folders = [CONSOLE, ...SECTIONS.map((name) => path.join(PAGES, name))];
  const texts = (await Promise.all(folders.map(wordsIn))).flatMap(({ en, ko }) => [...Object.values(en), ...Object.values(ko)]);
  expect(texts.filter((text) => bare.test(text))).toEqual([]);
  const isBare = (line: string) => /[`'"“]mlops [a-z]/.test(line) && !line.trimStart().startsWith('/**');
  expect((await codeIn(CONSOLE)).flatMap(([, code]) => code.split('\n').filter(isBare))).toEqual([]);
});

test('values are put in as they are, and what is missing stays', () => {
  expect(fill('{run} failed after {count}', { run: '<b>$&</b>', count: 3 })).toBe('<b>$&</b> failed after 3');
  expect(fill('{run} failed', {})).toBe('{run} failed');
  expect([1, 2].map((count) => fill('{count} {count|run|runs}', { count }))).toEqual(['1 run', '2 runs']);
});

test('a name that is written from right to left turns itself, and no name turns the sentence', () => {
  expect(fill('{model} has no champion', { model: '\u202Eمرحبا\u2066' })).toBe('\u2068\ufffdمرحبا\ufffd\u2069 has no champion');
});

async function codeIn(folder: string): Promise<readonly (readonly [file: string, code: string])[]> {
  const files = (await entriesBelow(folder)).map(({ name, parentPath }) => path.join(parentPath, name));
  return files.flatMap((file) =>
    /\.tsx?$/.test(file) && !path.relative(CONSOLE, file).includes('words') ? [[file, readFileSync(file, 'utf8')] as const] : [],
  );
}

/** The words that some code says by their names, or by a group and a state: `t(`move.${move}`)`, `named('letter', …)`. */
function saidBy(code: string, words: readonly string[]): readonly string[] {
  const groups = new Set([...code.matchAll(/[`'"](\w+)\.\$\{|named\('(\w+)'/g)].map(([, group, named]) => group ?? named));
  return words.filter((word) => code.includes(`'${word}'`) || groups.has(word.split('.')[0]));
}

test('no text is kept that no page says, and none is fetched with the first script that one section alone says', async () => {
  const codes = new Map<string, string>([CONSOLE, ...SECTIONS.map((name) => path.join(PAGES, name))].map((folder) => [folder, '']));
  for (const [file, code] of await codeIn(CONSOLE)) {
    const folder = SECTIONS.map((name) => path.join(PAGES, name)).find((section) => file.startsWith(`${section}/`)) ?? CONSOLE;
    codes.set(folder, codes.get(folder) + code);
  }
  const misplaced: string[] = [];
  for (const [folder, code] of codes) {
    const words = Object.keys((await wordsIn(folder)).en);
    const said = saidBy(code, words);
    const sayers = (word: string) => [...codes.values()].filter((other) => saidBy(other, [word]).length > 0).length;
    misplaced.push(...words.filter((word) => !said.includes(word) && (folder !== CONSOLE || sayers(word) < 2)));
  }
  expect(misplaced).toEqual([]);
});
