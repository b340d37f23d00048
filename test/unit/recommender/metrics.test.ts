import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  hitRateAt,
  ndcgAt,
  rankAgainst,
  ranksAmong,
  recallAt,
  reciprocalRankAt,
} from '../../../domain/recommender/numeric/rankingMetrics.ts';

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

test('the ranks of several among all are those of the worst order that the scores allow', () => {
  const anyScores = fc.array(fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Number.NaN)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(anyScores, fc.nat(), (values, nth) => {
      const all = Int32Array.from(values.keys());
      const relevant = all.filter((movie) => movie % 5 === nth % 5 || movie === nth % values.length);
      const comparable = (movie: number) => (Number.isNaN(values[movie]) ? -1 : values[movie]!);
      const isRelevant = (movie: number) => Number(relevant.includes(movie));
      const worst = [...all].sort((a, b) => comparable(b) - comparable(a) || isRelevant(a) - isRelevant(b));
      const ranks = worst.flatMap((movie, place) => (isRelevant(movie) ? [place] : []));
      expect([...ranksAmong(Float32Array.from(values), relevant, all)]).toEqual(ranks);
    }),
  );
});

describe('ranking metrics, worked by hand', () => {
  test('hit rate looks at the first k alone', () => {
    expect([hitRateAt(10, [9]), hitRateAt(10, [10]), hitRateAt(2, [1, 5])]).toEqual([1, 0, 1]);
  });
  test('recall is the share found among the first k', () => expect(recallAt(3, [0, 2, 7, 9])).toBe(0.5));
  test('reciprocal rank is of the best one', () => {
    expect([reciprocalRankAt(10, [0, 5]), reciprocalRankAt(10, [3]), reciprocalRankAt(10, [10])]).toEqual([1, 0.25, 0]);
  });
  test('NDCG of one relevant movie is 1 / log2(place + 1)', () => {
    expect([ndcgAt(10, [0]), ndcgAt(10, [2]), ndcgAt(10, [10])]).toEqual([1, 0.5, 0]);
  });
  test('NDCG of several is held against the best order there is', () => {
    // places 1 and 3: (1 + 1/log2(4)) / (1 + 1/log2(3))
    expect(ndcgAt(10, [0, 2])).toBeCloseTo(1.5 / (1 + 1 / Math.log2(3)), 12);
  });
  test('with more relevant than places, the best is a full list of them', () => expect(ndcgAt(2, [0, 1, 5])).toBe(1));
});
