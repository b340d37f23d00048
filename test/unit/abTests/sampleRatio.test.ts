import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../../contracts/failures.ts';
import { sampleRatio } from '../../../domain/abTests/sampleRatio.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';

const DAYS = 28;
const counted = (weights: readonly number[], users: readonly number[]) =>
  weights.map((weight, nth) => ({ name: 'abc'[nth]!, weight, users: users[nth]! }));

/** The looks of so many tests, one a day: in how many some look called a mismatch, and had a chi-squared p below the same bound. */
function looks({
  tests,
  usersADay,
  share,
  weight,
  seed,
}: {
  tests: number;
  usersADay: number;
  share: number;
  weight: number;
  seed: number;
}) {
  const random = createRandom(seed);
  const found = { sequential: 0, chiSquared: 0 };
  for (let nth = 0; nth < tests; nth += 1) {
    const users = [0, 0];
    const days = Array.from({ length: DAYS }, () => {
      for (let user = 0; user < usersADay; user += 1) users[random.next() < share ? 0 : 1]! += 1;
      return sampleRatio(counted([weight, 1 - weight], users));
    });
    found.sequential += Number(days.some(({ mismatch }) => mismatch));
    found.chiSquared += Number(days.some(({ chiSquaredP }) => chiSquaredP < 0.01));
  }
  return { sequential: found.sequential / tests, chiSquared: found.chiSquared / tests };
}

describe('looking daily', () => {
  test.each([0.5, 0.9])(
    'at a sound split of %p alarms in at most 1 % of tests, where the chi-squared test does in several times as many',
    (share) => {
      const alarms = looks({ tests: 1_000, usersADay: 50, share, weight: share, seed: 19 });
      expect(alarms.sequential).toBeLessThanOrEqual(0.01);
      expect(alarms.chiSquared).toBeGreaterThan(0.05);
    },
  );

  test('finds that a split meant to be even is 52 to 48', () => {
    expect(looks({ tests: 50, usersADay: 1_000, share: 0.52, weight: 0.5, seed: 20 }).sequential).toBeGreaterThan(0.97);
  });
});

describe('one look', () => {
  /** The Bayes factor with a prior as strong as 300 users, computed with 40 digits. */
  test.each([
    [[1, 1], [10, 3], 0.944323017149],
    [[1, 1], [5_200, 4_800], 0.00247669304743],
    [[5, 3, 2], [5_000, 3_100, 1_900], 0.583500983303],
    [[1, 1], [2 ** 33, 2 ** 33 + 1e6], 1.73950938917e-9],
    [[1, 1], [4e15, 4e15 + 1e9], 3.7148781963e-21],
    [[3, 2], [5_400_031_000_007, 3_600_000_000_001], 6.04391609255e-11],
  ])('with weights %j and users %j has the sequential p of the paper', (weights, users, wanted) => {
    expect(sampleRatio(counted(weights, users)).sequentialP / wanted).toBeCloseTo(1, 6);
  });

  test('has the chi-squared test’s p and the expected counts', () => {
    const { expected, chiSquaredP } = sampleRatio(counted([1, 1], [5_200, 4_800]));
    expect(expected).toEqual([5_000, 5_000]);
    expect(chiSquaredP).toBeCloseTo(6.334248366623e-5, 15); // z = 4
  });

  test.each([
    ['no users', [1, 1], [0, 0]],
    ['one variant', [1], [7]],
    ['one variant that has a weight', [1, 0], [7, 0]],
  ])('with %s shows no mismatch', (_, weights, users) => {
    expect(sampleRatio(counted(weights, users))).toMatchObject({ chiSquaredP: 1, sequentialP: 1, mismatch: false });
  });

  test('calls a single user of a variant without a weight a mismatch', () => {
    expect(sampleRatio(counted([1, 0], [1_000, 1]))).toEqual({ expected: [1_001, 0], chiSquaredP: 0, sequentialP: 0, mismatch: true });
  });

  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('at %p users is refused in words', (users) => {
    const act = () => sampleRatio(counted([1, 1], [users, 1]));
    expect(act).toThrow(Failure);
    expect(act).toThrow(`users: of variant a are ${users}; they have to be a whole number of 0 or more`);
  });
});
