import { expect, test } from '@jest/globals';
import { retryAfterMs } from '../../../domain/tmdb/retryAfter.ts';

const NOW = Date.UTC(2026, 0, 1);

test.each<[string | string[] | undefined, number]>([
  ['7', 7_000],
  [' 7 ', 7_000],
  [['3', '9'], 3_000],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['86400', 600_000],
  ['soon', 2_000],
  ['', 2_000],
  [undefined, 2_000],
])('Retry-After %j waits %d ms', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});
