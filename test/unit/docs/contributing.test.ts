import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';

const read = (...file: string[]) => readFileSync(path.join(PROJECT_ROOT, ...file), 'utf8');
/** The files and folders that each row of "Where things go" names, by what is added. */
const rows = new Map(
  [...read('CONTRIBUTING.md').matchAll(/^\| (an? [^|]+) \| (.+) \|$/gm)].map(([, what = '', where = '']) => [
    what,
    [...where.matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, file = '']) => file),
  ]),
);

test('every file and folder that the table of CONTRIBUTING.md names is there', () => {
  expect(rows.size).toBeGreaterThan(8);
  expect([...rows.values()].flat().filter((file) => !existsSync(path.join(PROJECT_ROOT, file)))).toEqual([]);
});

test('what docs/extend.md changes for a subject, the row of the subject names', () => {
  const sections = read('docs', 'extend.md')
    .split(/^## Add /m)
    .slice(1);
  const unnamed = sections.flatMap((section) => {
    const named = rows.get(section.slice(0, section.indexOf('\n'))) ?? [];
    return [...section.matchAll(/^```diff (\S+)$/gm)].flatMap(([, file = '']) => (named.includes(file) ? [] : [file]));
  });
  expect(sections).toHaveLength(3);
  expect(unnamed).toEqual([]);
});
