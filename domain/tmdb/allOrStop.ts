import { setMaxListeners } from 'node:events';

/**
 * Does `body` to all items at once; how many are really under way is for what it waits on to bound. The first failure tells the others to stop,
 * and is thrown when all have ended, so that nothing goes on behind the caller's back.
 */
export async function allOrStop<T>(
  items: readonly T[],
  signal: AbortSignal,
  body: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, either); // one for each item; Node warns of more than ten
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    failed.abort(error);
  };
  await Promise.all(items.map((item) => body(item, either).catch(fail)));
  if (failures.length > 0) throw failures[0];
}
