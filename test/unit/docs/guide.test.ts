import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { invoke } from '../cli/invoke.ts';

const guide = readFileSync(path.join(PROJECT_ROOT, 'docs', 'guide.md'), 'utf8');
const named = (pattern: RegExp) => [...new Set([...guide.matchAll(pattern)].map(([, name]) => name ?? ''))].sort();

test('every test that docs/guide.md names is there', () => {
  const tests = named(/`((?:unit|integration|replay|e2e)\/[\w/]+)`/g);
  expect(tests.length).toBeGreaterThan(10);
  expect(tests.filter((name) => !existsSync(path.join(PROJECT_ROOT, 'test', `${name}.test.ts`)))).toEqual([]);
});

test('every npm script that it names is there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  expect(named(/npm run ([\w:-]+)/g).filter((name) => !(name in scripts))).toEqual([]);
});

test('every command of mlops that it names is there', async () => {
  const { out: help } = await invoke(['--help']);
  const commands = named(/npx mlops ([\w-]+)/g);
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((name) => !help.includes(`\n  ${name} `))).toEqual([]);
});
