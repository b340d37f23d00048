/**
 * `npm test`: sets up, then type check, lint, import rules, unused code, unit, replay, integration and end-to-end tests; the last line is the plain count.
 * `node test/run.mjs integration replay` runs those jest projects alone.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../deploy/local/build.mjs';
import { setup } from '../deploy/local/setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const scratch = mkdtempSync(path.join(tmpdir(), 'mlops-test-run-'));
const countFile = path.join(scratch, 'counts');
const projects = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const jestFlags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

const run = (command, args, env = {}) => {
  const startedAt = Date.now();
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  return { ok: status === 0, seconds: ((Date.now() - startedAt) / 1000).toFixed(1) };
};

function check(name, tool, ...args) {
  const { ok, seconds } = run(process.execPath, [path.join('node_modules', ...tool.split('/')), ...args]);
  totals[ok ? 'passed' : 'failed'] += 1;
  console.log(`${ok ? 'ok' : 'FAILED'} ${name} (${seconds} s)`);
}

function jest(project) {
  const before = counts().length;
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--silent', // TensorFlow warns of each of its thousand kernels whenever a second test file loads it
    '--selectProjects',
    project,
  ];
  // One at a time where engines and whole stacks are shared: a loaded machine makes bounds fail that hold.
  const { ok } = run(process.execPath, [...args, ...(project === 'unit' ? [] : ['--runInBand']), ...jestFlags], { COUNT_FILE: countFile });
  const ran = counts().slice(before);
  for (const key of Object.keys(totals)) totals[key] += ran.reduce((sum, count) => sum + count[key], 0);
  // A jest that ended before its reporter, or failed for another reason than a test, must not look green.
  if (!ok && ran.every(({ failed }) => failed === 0)) totals.failed += 1;
}

function counts() {
  try {
    return readFileSync(countFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

try {
  await setup({ test: true });
  await build();
  if (projects.length === 0) {
    check('type check', '@typescript/native/bin/tsc', '-p', '.');
    check('formatting', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
    check('lint', 'eslint/bin/eslint.js', '.');
    check('import rules', 'dependency-cruiser/bin/dependency-cruise.mjs', '.', '--config', '.dependency-cruiser.cjs');
    check('unused code', 'knip/bin/knip.js');
  }
  for (const project of projects.length > 0 ? projects : ['unit', 'replay', 'integration', 'e2e']) jest(project);
} catch (error) {
  console.error(error);
  totals.failed += 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 ? 1 : 0;
