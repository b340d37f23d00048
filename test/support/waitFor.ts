/** Far above what anything takes on a busy machine, and below the bound of a test, so that it is this that says what was missing. */
const PATIENCE_MS = 180_000;

/** Resolves with the first truthy answer of `look`. @throws when there is none within the time, with the last answer or error */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T> | T,
  { timeoutMs = PATIENCE_MS, everyMs = 50 } = {},
): Promise<NonNullable<T>> {
  const until = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const answer = await look();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}
