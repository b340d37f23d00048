import { describe, expect, test } from '@jest/globals';
import { firstDifference } from '../../../bench/servingSame.ts';

const list = (...movies: [string, number][]) => movies.map(([movie_id, score]) => ({ movie_id, score }));

describe('two servers recommend the same', () => {
  test('where scores differ by rounding alone', () => {
    expect(firstDifference(list(['1', 2], ['2', 1]), list(['1', 2.00001], ['2', 0.99999]))).toBeUndefined();
  });

  test('where movies of the same score have changed places', () => {
    expect(firstDifference(list(['1', 2], ['2', 2]), list(['2', 2], ['1', 2]))).toBeUndefined();
  });

  test('not where a place has another score, which is told', () => {
    expect(firstDifference(list(['1', 2], ['2', 1]), list(['1', 2], ['3', 0.9]))).toBe('place 2: movie 2 with 1, and 3 with 0.9');
  });

  test('not where one recommends fewer', () => {
    expect(firstDifference(list(['1', 2]), [])).toBe('1 movies and 0');
  });
});
