import { describe, expect, test } from '@jest/globals';
import { accuracy, hitRateAt, mae, ndcgAt, rankAgainst, recallAt, rmse } from '../../../domain/recommender/metrics.ts';

const scores = Float32Array.of(0.9, 0.5, 0.5, 0.1, Number.NaN);

describe('rank', () => {
  test('counts the rivals that score higher', () => expect(rankAgainst(scores, 1, Int32Array.of(0, 3))).toBe(1));
  test('counts a tie against the model', () => expect(rankAgainst(scores, 1, Int32Array.of(2, 3))).toBe(1));
  test('of a model that scores all alike is the last', () => {
    expect(rankAgainst(new Float32Array(4), 0, Int32Array.of(1, 2, 3))).toBe(3);
  });
  test('of a score that is not a number is the last; a rival without one is never ahead', () => {
    expect(rankAgainst(scores, 4, Int32Array.of(0, 3))).toBe(2);
    expect(rankAgainst(scores, 3, Int32Array.of(4))).toBe(0);
  });
});

describe('ranking metrics, worked by hand', () => {
  test('hit rate looks at the first k alone', () => {
    expect([hitRateAt(10, [9]), hitRateAt(10, [10]), hitRateAt(2, [1, 5])]).toEqual([1, 0, 1]);
  });
  test('recall is the share found among the first k', () => expect(recallAt(3, [0, 2, 7, 9])).toBe(0.5));
  test('NDCG of one relevant movie is 1 / log2(place + 1)', () => {
    expect([ndcgAt(10, [0]), ndcgAt(10, [2]), ndcgAt(10, [10])]).toEqual([1, 0.5, 0]);
  });
  test('NDCG of several is held against the best order there is', () => {
    // places 1 and 3: (1 + 1/log2(4)) / (1 + 1/log2(3))
    expect(ndcgAt(10, [0, 2])).toBeCloseTo(1.5 / (1 + 1 / Math.log2(3)), 12);
  });
});

test('rating metrics, worked by hand', () => {
  expect(rmse([3, 4, 5], [4, 4, 3])).toBeCloseTo(Math.sqrt(5 / 3), 12);
  expect(mae([3, 4, 5], [4, 4, 3])).toBe(1);
  expect(accuracy([3, 4, 5], [4, 4, 3])).toBeCloseTo(1 / 3, 12);
});
