/** What run.mjs and changed.mjs share: tools and jest run quietly, one line for each that passes, all they said for one that does not. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../deploy/local/setup/environment.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const cache = path.join(root, 'node_modules', '.cache', 'movie-mlops');
const log = path.join(cache, `test-${process.pid}.log`);
const scratch = mkdtempSync(path.join(tmpdir(), 'mlops-test-run-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
/** One test file more than there are cores: they wait for engines, and for what has to run out, more than they compute. */
const workers = availableParallelism() + 1;

/** Tests have none of the project's variables, whatever who runs them has set for a stack of their own; an empty one counts as missing, also before `.env`. */
const VARIABLES = [...readFileSync(path.join(root, '.env.template'), 'utf8').matchAll(/^#([A-Z0-9_]+)=/gm)].map(([, name]) => name);
const given = readEnvironment();
const UNSET = Object.fromEntries(VARIABLES.filter((name) => name !== 'CACHE_DIR' && given[name]).map((name) => [name, '']));

/** What prettier keeps is by content, so that it is never wrong. */
export const FORMATTING = [
  'prettier/bin/prettier.cjs',
  ...['--check', '--log-level', 'warn', '--cache', '--cache-strategy', 'content', '--cache-location', path.join(cache, 'prettier')],
];
export const TYPES = ['@typescript/native/bin/tsc', '-p', '.'];
/** A page has a browser's names, and none of Node's. */
export const CONSOLE_TYPES = ['@typescript/native/bin/tsc', '-p', 'console'];
export const IMPORT_RULES = ['dependency-cruiser/bin/dependency-cruise.mjs', '.', '--config', '.dependency-cruiser.cjs'];
export const UNUSED = ['knip/bin/knip.js'];
export const LINT = ['oxlint/bin/oxlint', '--deny-warnings'];
/** What no other project has a rule for. */
export const HOUSE_RULES = ['eslint/bin/eslint.js'];

const running = new Set();

function ended(child) {
  running.add(child);
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  }).finally(() => running.delete(child));
}

/** Whoever ends the run ends what it started. */
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    for (const child of running) child.kill('SIGTERM');
    rmSync(scratch, { recursive: true, force: true });
    process.exit(128 + constants.signals[signal]);
  });

/** Runs one of the tools above. */
export async function check(name, [tool, ...args]) {
  const startedAt = Date.now();
  const child = spawn(process.execPath, [path.join('node_modules', ...tool.split('/')), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const ok = await ended(child);
  totals[ok ? 'passed' : 'failed'] += 1;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(ok ? `ok     ${name} (${seconds} s)\n` : `FAILED ${name} (${seconds} s)\n${said}\n`);
}

/**
 * Runs jest. What it, its workers and native code write goes to the log; support/jest/reporter.js says the results on descriptor 3, and shows of the log what
 * was written while a file ran that failed.
 */
export async function jest(...args) {
  const countFile = path.join(scratch, 'count');
  mkdirSync(cache, { recursive: true }); // not before: a set-up may have made node_modules anew
  const written = openSync(log, 'a');
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', '--maxWorkers', String(workers), ...args], {
    stdio: ['ignore', written, written, 'pipe'],
    env: { ...process.env, ...UNSET, COUNT_FILE: countFile, TEST_LOG: log },
  });
  closeSync(written);
  child.stdio[3].pipe(process.stdout, { end: false });
  const ok = await ended(child);
  const count = readCount(countFile);
  for (const key of Object.keys(totals)) totals[key] += count?.[key] ?? 0;
  // A jest that ended before its reporter, or failed for another reason than a test, must not look green.
  if (ok || count?.failed > 0) return;
  totals.failed += 1;
  process.stdout.write(`FAILED jest, for another reason than a test:\n${readFileSync(log, 'utf8').split('\n').slice(-100).join('\n')}\n`);
}

function readCount(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Does the checks at the repository's root, then says the plain count as the last line.
 * @param {() => Promise<string[]>} body resolves with what is to be said before the count, such as why tests were skipped
 */
export async function countChecks(body) {
  process.chdir(root);
  process.env.NO_COLOR = '1'; // what is shown comes by way of a file
  delete process.env.FORCE_COLOR;
  let notes = [];
  try {
    notes = await body();
  } catch (error) {
    console.error(error);
    totals.failed += 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (totals.failed === 0) rmSync(log, { force: true });
  else console.log(`All that was written: ${path.relative(root, log)}`);
  for (const note of notes) console.log(note);
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed > 0 ? 1 : 0;
}
