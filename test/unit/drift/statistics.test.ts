import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { binNumbers } from '../../../domain/drift/statistics/binning.ts';
import { compareOrdered, kolmogorovSmirnov, normedWasserstein, wasserstein } from '../../../domain/drift/statistics/distances.ts';
import { cohensH, hellinger, jensenShannon, kullbackLeibler, psi } from '../../../domain/drift/statistics/divergences.ts';
import { binomialTail, chiSquaredOfFit, holm, kolmogorovSmirnovP, normalTail } from '../../../domain/drift/statistics/pValues.ts';

// The figures are those of SciPy 1.17.1 and NumPy 2.3.5; `npm run test:drift` compares more of them, and Evidently's.
const REFERENCE = Float64Array.of(1, 2, 2, 3, 4, 4, 4, 5, 7, 9.5);
const LIVE = Float64Array.of(2, 3, 5, 5, 6, 8, 8, 10);
const [COUNTS, NOW] = [[400, 300, 150, 100, 50], [180, 140, 70, 100, 10]] as const; // prettier-ignore

describe('as SciPy has them', () => {
  test('Kolmogorov–Smirnov, exact and in the limit', () => {
    const ks = kolmogorovSmirnov(REFERENCE, LIVE);
    expect(ks).toBeCloseTo(0.45, 12);
    expect(kolmogorovSmirnovP(ks, 10, 8)).toBeCloseTo(0.2475433063668358, 12);
    expect(kolmogorovSmirnovP(1.36 / Math.sqrt(10_000), 20_000, 20_000)).toBeCloseTo(0.049485876755377876, 12);
  });

  test('Wasserstein, and in standard deviations of the reference', () => {
    expect(wasserstein(REFERENCE, LIVE)).toBeCloseTo(1.725, 12);
    expect(normedWasserstein(REFERENCE, LIVE)).toBeCloseTo(1.725 / 2.408837894089181, 12);
  });

  test('divergences of counts', () => {
    expect(jensenShannon(COUNTS, NOW)).toBeCloseTo(0.11225372410038766, 12);
    expect(kullbackLeibler(COUNTS, NOW)).toBeCloseTo(0.0496908169699719, 12);
    expect(psi(COUNTS, NOW)).toBeCloseTo(0.10308764678314078, 12);
    expect(hellinger(COUNTS, NOW)).toBeCloseTo(0.11287712591627244, 12);
  });

  test('chi-squared, binomial and normal tails', () => {
    const { statistic, p } = chiSquaredOfFit(COUNTS, NOW);
    expect([statistic, p]).toEqual([expect.closeTo(62, 10), expect.closeTo(1.1015926747103907e-12, 18)]);
    expect(binomialTail(9, 50, 0.05)).toBeCloseTo(0.0007559846912214758, 12);
    expect([normalTail(2.5), normalTail(-2.5)]).toEqual([
      expect.closeTo(0.006209665325776132, 12),
      expect.closeTo(1 - 0.006209665325776132, 12),
    ]);
  });

  test("bins by Sturges' rule, the last with its upper edge", () => {
    const bins = binNumbers(REFERENCE, LIVE);
    expect([...bins.edges]).toEqual([1, 2.5, 4, 5.5, 7, 8.5, 10]);
    expect([[...bins.reference], [...bins.live]]).toEqual([[3, 1, 4, 0, 1, 1], [1, 1, 2, 1, 2, 1]]); // prettier-ignore
  });

  test("Holm's correction", () => {
    expect(holm([0.04, 0.001, 0.2, 0.03, 0.01])).toEqual([0.09, 0.005, 0.2, 0.09, 0.04].map((p) => expect.closeTo(p, 12)));
  });
});

const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 3, maxLength: 10 }).filter((row) => row.some((count) => count > 0));
const pairs = counts.chain((row) => fc.tuple(fc.constant(row), fc.array(fc.integer({ min: 0, max: 50 }), { minLength: row.length, maxLength: row.length }).filter((other) => other.some((count) => count > 0)))); // prettier-ignore

test('no measure is negative, none is above its bound, and of a sample with itself all are 0', () => {
  fc.assert(
    fc.property(pairs, ([p, q]) => {
      const measures = [psi, kullbackLeibler, jensenShannon, hellinger];
      for (const measure of measures) expect([measure(p, q) >= -1e-12, Math.abs(measure(p, p)) < 1e-7]).toEqual([true, true]);
      expect([jensenShannon(p, q) <= Math.sqrt(Math.LN2) + 1e-12, hellinger(p, q) <= 1 + 1e-12]).toEqual([true, true]);
      for (const measure of [psi, jensenShannon, hellinger]) expect(measure(p, q)).toBeCloseTo(measure(q, p), 9);
    }),
  );
});

test('of ordered classes the distances are those of the numbers themselves', () => {
  fc.assert(
    fc.property(pairs, ([p, q]) => {
      const numbers = (row: readonly number[]) => Float64Array.from(row.flatMap((count, at) => Array.from({ length: count }, () => at)));
      const { ks, wasserstein: normed } = compareOrdered(p, q);
      expect(ks).toBeCloseTo(kolmogorovSmirnov(numbers(p), numbers(q)), 9);
      expect(normed).toBeCloseTo(normedWasserstein(numbers(p), numbers(q)), 6);
    }),
  );
});

test('a share that doubles is a small difference by Cohen, and which way it went is told', () => {
  expect([cohensH(0.1, 0.2), cohensH(0.2, 0.1), cohensH(0.3, 0.3)]).toEqual([expect.closeTo(0.2838, 4), expect.closeTo(-0.2838, 4), 0]);
});

test('samples that are all the same have one bin and no distance', () => {
  const same = Float64Array.of(2, 2, 2);
  expect([binNumbers(same, same).reference.length, normedWasserstein(same, same), kolmogorovSmirnov(same, same)]).toEqual([1, 0, 0]);
});
