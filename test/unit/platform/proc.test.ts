import { expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { procAt, startTimeOf } from '../../../platform/proc.mjs';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');
const OTHERS = ['node_modules', 'dist', 'models', 'coverage'];
const NAMES_PROC = /['"`]\/proc(?![\w-])/;

function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|js|cjs|py)$/.test(name) && !name.includes('node_modules'))
    .map((name) => path.join(folder, name));
}

test('one file alone knows /proc', () => {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !/^\./.test(entry.name));
  const sources = folders.filter(({ name }) => !OTHERS.includes(name)).flatMap(({ name }) => sourcesIn(name));
  expect(sources.filter((file) => NAMES_PROC.test(readFileSync(path.join(ROOT, file), 'utf8')))).toEqual([
    path.join('platform', 'proc.mjs'),
  ]);
});

test('it needs no package, nor any other file of ours', () => {
  const imports = [...readFileSync(path.join(ROOT, 'platform', 'proc.mjs'), 'utf8').matchAll(/^import .* from '(.+)';$/gm)];
  expect(imports.map(([, from]) => from)).toEqual(['node:fs', 'node:path']);
});

test('where there is no /proc, a process is known by its pid, and this one by its memory', async () => {
  const portable = procAt(path.join(ROOT, 'there is no such folder'));
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  expect(portable.startTimeOf(child.pid!)).toBe('unknown');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(portable.startTimeOf(child.pid!)).toBeUndefined();
  expect(portable.residentMb(process.pid)).toBeGreaterThan(1);
  expect(portable.residentMb(process.ppid)).toBeNull();
  expect([portable.allPids(), portable.commandLineOf(process.pid), portable.environmentOf(process.pid), portable.findListener(1)]).toEqual([
    [],
    [],
    [],
    undefined,
  ]);
});

test('where there is one, a process that has ended is told from another with its pid', () => {
  expect(startTimeOf(process.pid)).toMatch(/^\d+$/);
  const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
  expect(startTimeOf(ended)).toBeUndefined();
});
