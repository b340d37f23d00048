import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';

let clone: string;
beforeAll(() => {
  clone = mkdtempSync(path.join(tmpdir(), 'mlops clone '));
  mkdirSync(path.join(clone, 'cli'));
  cpSync(path.join(PROJECT_ROOT, 'cli', 'mlops.mjs'), path.join(clone, 'cli', 'mlops.mjs'));
});
afterAll(() => rmSync(clone, { recursive: true }));

const run = () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(clone, 'cli', 'mlops.mjs'), 'runs'], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

test('on a clone that was never started, mlops says what to run and ends with 2; once built, it runs', () => {
  expect(run()).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/npm start.*npm run setup/) });
  mkdirSync(path.join(clone, 'dist', 'cli'), { recursive: true });
  writeFileSync(path.join(clone, 'dist', 'cli', 'main.js'), 'console.log(process.argv[2])');
  expect(run()).toEqual({ status: 0, stdout: 'runs\n', stderr: '' });
});
