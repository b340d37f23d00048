import { appendFileSync, existsSync, readFileSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const LINES_OF_LOG = 200;
const MAX_LINE = 600;
/** TensorFlow says it of each of its thousand kernels whenever a second test file loads it. */
const NOISE = /^(The kernel '.*' for backend '.*' is already registered|.* backend was already registered|\s*at .*registerKernel)/;

/**
 * Says one line of each test file, and of one that failed also what failed and what was written while it ran. Under test/run.mjs everything that
 * tests, workers and native code write lies in TEST_LOG, the lines go to file descriptor 3, and the count to COUNT_FILE; else to standard output.
 */
export default class Reporter {
  #log = process.env.TEST_LOG;
  #startedAt = new Map();

  onTestFileStart({ path: file }) {
    this.#startedAt.set(file, { ms: Date.now(), byte: this.#logSize() });
  }

  onTestFileResult({ path: file, context }, { failureMessage, numFailingTests, numPassingTests, numPendingTests }) {
    const { ms, byte } = this.#startedAt.get(file) ?? { ms: Date.now(), byte: this.#logSize() };
    const name = path.relative(path.join(context.config.rootDir, 'test'), file).replace(/\.test\.ts$/, '');
    const failed = numFailingTests > 0 || failureMessage;
    const count = failed
      ? `${numFailingTests || 1} failed`
      : `${numPassingTests} passed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''}`;
    this.#say(`${failed ? 'FAILED' : 'ok    '} ${name}: ${count} (${((Date.now() - ms) / 1000).toFixed(1)} s)`);
    if (!failed) return;
    this.#say(stripVTControlCharacters(failureMessage ?? ''));
    const written = this.#logSince(byte);
    if (written.length > 0) this.#say(['What was written while it and its neighbours ran:', ...written, ''].join('\n'));
  }

  onRunComplete(
    _contexts,
    { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests, runExecError },
  ) {
    if (runExecError) this.#say(stripVTControlCharacters(String(runExecError.stack ?? runExecError.message)));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests + numTodoTests;
    if (process.env.COUNT_FILE) return appendFileSync(process.env.COUNT_FILE, JSON.stringify({ passed, failed, skipped }));
    process.once('exit', () => this.#say(`${passed} passed, ${failed} failed, ${skipped} skipped`));
  }

  #say(text) {
    writeSync(this.#log ? 3 : 1, `${text}\n`);
  }

  #logSize() {
    return this.#log && existsSync(this.#log) ? statSync(this.#log).size : 0;
  }

  #logSince(byte) {
    if (!this.#log) return [];
    const lines = stripVTControlCharacters(readFileSync(this.#log).subarray(byte).toString()).split('\n');
    return lines
      .filter((line) => line.trim() !== '' && !NOISE.test(line))
      .slice(-LINES_OF_LOG)
      .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} …` : line));
  }
}
