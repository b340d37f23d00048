import { expect, test } from '@jest/globals';
import { createRateLimiter } from '../../../platform/http/rateLimiter.ts';

test('a minute has so many requests, all at once or one by one; then one comes back each time', () => {
  let ms = 0;
  const limiter = createRateLimiter(3, () => ms);
  const left = () => limiter.take('ann')!;
  expect([left(), left(), left()].map(({ isAllowed, remaining }) => [isAllowed, remaining])).toEqual([
    [true, 2],
    [true, 1],
    [true, 0],
  ]);
  expect(left()).toEqual({ isAllowed: false, limit: 3, remaining: 0, resetS: 60, retryAfterS: 20 });
  expect(limiter.take('bob')).toMatchObject({ isAllowed: true, remaining: 2 });
  ms += 19_999;
  expect(left()).toMatchObject({ isAllowed: false, retryAfterS: 1 });
  ms += 1;
  expect(left()).toMatchObject({ isAllowed: true, remaining: 0 });
  ms += 120_000;
  expect(left()).toMatchObject({ isAllowed: true, remaining: 2, resetS: 20 });
});

test('who waits as long as Retry-After says is heard', () => {
  let ms = 0;
  const limiter = createRateLimiter(7, () => ms);
  for (let sent = 0; sent < 200; sent += 1) {
    const { isAllowed, retryAfterS } = limiter.take('ann')!;
    if (isAllowed) continue;
    ms += retryAfterS * 1_000;
    expect(limiter.take('ann')).toMatchObject({ isAllowed: true });
  }
});

test('a caller may have a limit of its own, also where there is none', () => {
  const limiter = createRateLimiter(0, () => 0);
  expect(limiter.take('ann')).toBeUndefined();
  expect(limiter.take('bob', 1)).toMatchObject({ isAllowed: true, limit: 1 });
  expect(limiter.take('bob', 1)).toMatchObject({ isAllowed: false });
});

test('a hundred thousand callers cost no more memory than ten thousand', () => {
  const limiter = createRateLimiter(1, () => 0);
  for (let nth = 0; nth < 100_000; nth += 1) limiter.take(`address ${nth}`);
  expect(limiter.take('address 99999')).toMatchObject({ isAllowed: false });
  expect(limiter.take('address 89999')).toMatchObject({ isAllowed: true });
});
