import path from 'node:path';
import { secondsOf } from './seconds.js';

/** Starts the test files that take longest first, so that none is left to run alone at the end; the order is the same on every machine. */
export default class LongestFirst {
  sort(tests) {
    const seconds = new Map(tests.map((test) => [test, secondsOf(path.relative(test.context.config.rootDir, test.path))]));
    return [...tests].sort((a, b) => seconds.get(b) - seconds.get(a) || a.path.localeCompare(b.path));
  }

  cacheResults() {
    // Nothing is learnt from a run.
  }
}
