import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';

const inProject = (file: string) => path.join(PROJECT_ROOT, file);
const pages = ['', 'docs/'].flatMap((folder) =>
  readdirSync(inProject(folder))
    .filter((file) => file.endsWith('.ko.md'))
    .map((file) => `${folder}${file}`),
);

test('README.md and the guide are there in Korean', () => {
  expect(pages).toEqual(['README.ko.md', 'docs/guide.ko.md']);
});

test.each(pages)('%s has the sections, commands, rows, links, figures and "not yet" of its English page, in its order', (page) => {
  const english = page.replace('.ko.md', '.md');
  const expected = blocksOf(english).map((facts) => facts.map((fact) => inKorean(fact, path.dirname(page))));
  expect(expected.length).toBeGreaterThan(30);
  expect(blocksOf(page).map(inOrder)).toEqual(expected.map(inOrder));
});

/** What a block says that no language changes: code, link targets, addresses, "not yet" and figures. */
const FACT = /`[^`]+`|\]\([^)]+\)|https?:\/\/[\w.:/?=&-]*[\w/]|\*\*[^*]+\*\*|\d+(?:[.,]\d+)*/g;

/** A page's facts, a list for each heading, line of code, row of a table and paragraph. */
function blocksOf(page: string): string[][] {
  const text = readFileSync(inProject(page), 'utf8');
  return text.split(/^(```[^]*?^```)$/m).flatMap((part, index) => (index % 2 === 1 ? commandsOf(part) : proseOf(part)));
}

const commandsOf = (code: string) => code.split('\n').map((line) => ['code', line.replace(/\s+#.*/, ' #')]);

const proseOf = (prose: string) =>
  prose
    .split(/\n\n+|\n(?=[|#])/)
    .filter((block) => block.trim())
    .map((block) => (block.trim().startsWith('|') ? rowOf(block) : [kindOf(block), ...(block.match(FACT) ?? [])]));

/** The facts of a row, cell by cell. */
const rowOf = (row: string) => ['row', ...row.split(/(?<!\\)\|/).flatMap((cell) => ['|', ...(cell.match(FACT) ?? [])])];

const kindOf = (block: string) => /^#+/.exec(block.trim())?.[0] ?? 'paragraph';

/** In a sentence the order of words is a language's own; elsewhere it counts. */
const inOrder = (facts: string[]) => (facts[0] === 'paragraph' ? facts.toSorted() : facts);

const WORDS = new Map([
  ['**not yet**', '**아직 없음**'],
  ['**yet**', '**아직**'],
]);

/** The fact as the Korean page has it, whose links lead on to Korean pages where there are. */
function inKorean(fact: string, folder: string): string {
  const target = /^\]\((.+)\)$/.exec(fact)?.[1];
  return target ? `](${translated(target, folder)})` : (WORDS.get(fact.toLowerCase()) ?? fact);
}

function translated(target: string, folder: string): string {
  if (target.endsWith('.ko.md')) return target.replace('.ko.md', '.md');
  const korean = target.replace(/\.md$/, '.ko.md');
  return korean !== target && existsSync(inProject(path.join(folder, korean))) ? korean : target;
}
