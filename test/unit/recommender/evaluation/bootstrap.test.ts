import { describe, expect, test } from '@jest/globals';
import { bootstrap } from '../../../../domain/recommender/evaluation/bootstrap.ts';
import { figureOf, type MetricColumn } from '../../../../domain/recommender/evaluation/metricTables.ts';
import { createRandom } from '../../../../domain/recommender/numeric/random.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
const SETTINGS = { confidence: 0.95, resamples: 400, seed: 3 };
const columnOf = (values: readonly number[]): MetricColumn => ({
  sums: Float64Array.from(values),
  weights: new Float64Array(values.length).fill(1),
  finish: 'mean',
});
const mean = (values: readonly number[]) => {
  const column = columnOf(values);
  return (draws?: Uint16Array) => figureOf(column, draws);
};
const normals = (count: number, seed: number, shift = 0) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => shift + random.normal());
};

describe('the bootstrap', () => {
  test('of a mean has the width that the normal distribution says, and is the same by seed', () => {
    const values = normals(500, 1);
    const [interval] = bootstrap(500, [mean(values)], SETTINGS);
    expect(interval!.high - interval!.low).toBeCloseTo((2 * 1.96) / Math.sqrt(500), 1);
    expect(bootstrap(500, [mean(values)], SETTINGS)).toEqual([interval]);
    expect(bootstrap(500, [mean(values)], { ...SETTINGS, seed: 4 })).not.toEqual([interval]);
  });

  test('holds the true mean about as often as it says', () => {
    const holds = Array.from(
      { length: 200 },
      (_, trial) => bootstrap(60, [mean(normals(60, 100 + trial, 2))], { ...SETTINGS, seed: trial })[0]!,
    );
    const share = holds.filter(({ low, high }) => low <= 2 && 2 <= high).length / holds.length;
    expect(share).toBeGreaterThan(0.88);
    expect(share).toBeLessThan(0.99);
  });

  test('of a difference is paired: what is hard for both does not widen it', () => {
    const hard = normals(200, 5).map((value) => 10 * value);
    const [first, second] = [mean(hard.map((value) => value + 1)), mean(hard)];
    const [difference, alone] = bootstrap(200, [(draws) => first(draws) - second(draws), first], SETTINGS);
    expect(difference!.high - difference!.low).toBeLessThan(1e-9);
    expect(alone!.high - alone!.low).toBeGreaterThan(1);
  });

  test('leaves out resamples without anybody whom the statistic is about', () => {
    const rare: MetricColumn = { sums: Float64Array.of(0, 0, 7), weights: Float64Array.of(0, 0, 1), finish: 'mean' };
    expect(bootstrap(3, [(draws) => figureOf(rare, draws)], SETTINGS)).toEqual([{ value: 7, low: 7, high: 7 }]);
  });
});
