import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { allOrStop } from '../../../domain/tmdb/allOrStop.ts';

test('the first failure stops the others, and is thrown when all of them have ended', async () => {
  const ended: string[] = [];
  const all = allOrStop(['fails', 'waits', 'tidies up'], new AbortController().signal, async (item, signal) => {
    if (item === 'fails') throw new Error('the first');
    await sleep(60_000, undefined, { signal }).catch(() => undefined);
    if (item === 'tidies up') await sleep(20);
    ended.push(item);
    throw new Error('a later one');
  });
  await expect(all).rejects.toThrow('the first');
  expect(ended).toEqual(['waits', 'tidies up']);
});

test("the caller's abort reaches all", async () => {
  const abort = new AbortController();
  const all = allOrStop([1, 2], abort.signal, async (_item, signal) => void (await sleep(60_000, undefined, { signal })));
  abort.abort();
  await expect(all).rejects.toThrow('aborted');
});
