import { appendFileSync } from 'node:fs';

/**
 * Counts what jest ran. A suite that cannot load counts as one failure. Where COUNT_FILE is set the counts are handed to test/run.mjs,
 * which prints one closing line for all; else the line is printed here, last of all output.
 */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    if (process.env.COUNT_FILE) return appendFileSync(process.env.COUNT_FILE, `${JSON.stringify({ passed, failed, skipped })}\n`);
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}
