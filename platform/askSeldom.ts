/** @returns asks at most once in `ms` milliseconds, however many want to know; all others have the same answer, also while it is on its way */
export function askSeldom<T>(ask: () => Promise<T>, ms: number): () => Promise<T> {
  let latest: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (!latest || Date.now() - latest.at > ms) latest = { at: Date.now(), answer: ask() };
    return latest.answer;
  };
}
