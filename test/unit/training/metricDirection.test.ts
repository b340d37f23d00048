import { expect, test } from '@jest/globals';
import { bestFigure, BY_RANKING, BY_RATING, gainOf } from '../../../contracts/specs/modelSpec.ts';
import { isStuck } from '../../../domain/recommender/learning/earlyStopping.ts';

test('a gain is above 0 where the figure is better, whichever way the metric is better', () => {
  expect([gainOf(BY_RANKING, 0.5, 0.25), gainOf(BY_RANKING, 0.25, 0.5), gainOf(BY_RANKING, 0.5, 0.5)]).toEqual([0.25, -0.25, 0]);
  expect([gainOf(BY_RATING, 1, 0.75), gainOf(BY_RATING, 0.75, 1), gainOf(BY_RATING, 1, 1)]).toEqual([-0.25, 0.25, 0]);
});

test('the best figure is the highest or the lowest, as the metric has it', () => {
  expect([bestFigure(BY_RANKING, [0.2, 0.4, 0.3]), bestFigure(BY_RATING, [0.9, 0.8, 1])]).toEqual([0.4, 0.8]);
});

test('learning ends after so many epochs without a better figure, and not before the first', () => {
  expect([isStuck([], -1, 0), isStuck([1], 0, 1), isStuck([1, 2], 0, 1), isStuck([1, 2, 2], 0, 2), isStuck([1, 2, 2], 1, 2)]).toEqual([
    false,
    false,
    true,
    true,
    false,
  ]);
});
