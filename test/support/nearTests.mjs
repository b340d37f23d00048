import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { secondsOf } from './jest/seconds.js';

/** Of test files, as secondsOf has it; two run at once. */
const BUDGET_S = 40;
export const CODE = /\.(tsx?|js|mjs|cjs)$/;
const TEST = /^test\/(unit|replay|integration)\/.*\.test\.ts$/;

/** @returns {string[]} the lines that git answers */
export const git = (...args) =>
  execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    .split('\n')
    .filter(Boolean);

/** What a file's text says that it uses: by import, as a built process, or by a name that it reads. */
function usesOf(file, text, files) {
  const found = [];
  const add = (...parts) => {
    const used = path.normalize(path.join(...parts));
    if (files.has(used)) found.push(used);
  };
  for (const [, name] of text.matchAll(/(?:from|import|import\() ?'(\.{1,2}\/[^']+)'/g)) add(path.dirname(file), name);
  for (const [, name] of text.matchAll(/startProcess\('([^']+)'/g)) add(name, 'main.ts');
  for (const [, name] of text.matchAll(/'([\w.-]+\.(?:ts|mjs))'/g)) add('test', 'support', name);
  if (text.includes('workflow-bundle.cjs')) add('workflows', 'index.ts');
  if (text.includes("'taskProcess.js'") || found.includes('workers/training/main.ts')) add('workers', 'training', 'taskProcess.ts');
  return found;
}

/**
 * @param {readonly string[]} changed paths from the repository's root, which is the working directory
 * @returns {[file: string, steps: number][]} test files with how many steps they are from what changed, nearest first
 */
export function testsNear(changed) {
  const files = new Set(
    git('ls-files', '--cached', '--others', '--exclude-standard').filter((file) => CODE.test(file) && existsSync(file)),
  );
  const texts = new Map([...files].map((file) => [file, readFileSync(file, 'utf8')]));
  const users = new Map();
  for (const [file, text] of texts) for (const used of usesOf(file, text, files)) users.set(used, [...(users.get(used) ?? []), file]);
  // What is not code is used by whoever names it, else the nearest folder that it lies in and anybody names.
  const namedBy = (file) => {
    const [base, ...folders] = file.split('/').reverse();
    const named = [base, ...folders].map((name) => [...files].filter((user) => texts.get(user).includes(`'${name}'`)));
    return named.find((users) => users.length > 0) ?? [];
  };
  const steps = new Map();
  let next = changed.flatMap((file) => (CODE.test(file) ? [file] : namedBy(file)));
  for (let distance = 0; next.length > 0; distance += 1) {
    const reached = [...new Set(next)].filter((file) => !steps.has(file));
    for (const file of reached) steps.set(file, distance);
    next = reached.flatMap((file) => users.get(file) ?? []);
  }
  return [...steps]
    .filter(([file]) => TEST.test(file) && existsSync(file))
    .sort(([a, near], [b, far]) => near - far || secondsOf(a) - secondsOf(b));
}

/** As many of the nearest as take no longer than the budget, and the first in any case. */
export function choose(tests) {
  let seconds = 0;
  const chosen = tests.filter(([file], index) => (seconds += secondsOf(file)) <= BUDGET_S || index === 0).map(([file]) => file);
  return { chosen, left: tests.length - chosen.length };
}
