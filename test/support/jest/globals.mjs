export let afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test;

/** Whoever has imported one has that of the file that runs. */
export function use(globals) {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = globals);
}
