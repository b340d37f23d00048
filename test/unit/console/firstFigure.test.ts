import { expect, test } from '@jest/globals';
import { firstFigure } from '../../../console/pages/models/firstFigure.ts';
import { PRIMARY_METRIC } from '../../../contracts/models.ts';

const JUDGED_BY = Object.fromEntries(Object.entries(PRIMARY_METRIC).map(([name, metric]) => [name, metric.name]));
const METRICS = { full_ndcg_at_10: 0.001921, ndcg_at_10: 0.3, rmse: 0.8586 };

test.each(Object.entries(PRIMARY_METRIC))('of %s it is the figure that it is judged by, as the command line shows it', (name, metric) => {
  expect(firstFigure({ name, metrics: METRICS }, JUDGED_BY)).toEqual({ metric: metric.name, value: METRICS[metric.name] });
  expect(firstFigure({ name, metrics: {} }, JUDGED_BY)).toBeUndefined();
});

test('of a model that a client registered it is one that people know, where there is one', () => {
  expect(firstFigure({ name: 'shop', metrics: { rmse: 0.9, f1: 0.3 } }, JUDGED_BY)).toEqual({ metric: 'rmse', value: 0.9 });
  expect(firstFigure({ name: 'shop', metrics: { f1: 0.3 } }, JUDGED_BY)).toBeUndefined();
});
