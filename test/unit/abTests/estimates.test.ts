import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../../contracts/failures.ts';
import { meanOf, ratioOf, type RatioSums } from '../../../domain/abTests/estimates.ts';

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const sumsOf = (users: readonly (readonly [numerator: number, denominator: number])[]): RatioSums => ({
  users: users.length,
  numerators: sumOf(users.map(([x]) => x)),
  denominators: sumOf(users.map(([, y]) => y)),
  numeratorSquares: sumOf(users.map(([x]) => x * x)),
  denominatorSquares: sumOf(users.map(([, y]) => y * y)),
  products: sumOf(users.map(([x, y]) => x * y)),
});

test('a mean has its users’ variance', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 40 }), (values) => {
      const mean = sumOf(values) / values.length;
      const variance = sumOf(values.map((value) => (value - mean) ** 2)) / (values.length - 1);
      const found = meanOf({ users: values.length, sum: sumOf(values), sumOfSquares: sumOf(values.map((value) => value ** 2)) });
      expect(found.value).toBe(mean);
      expect(found.variancePerUser).toBeCloseTo(variance, 8);
    }),
  );
});

test('a ratio has the variance of its users’ numerators less the ratio of their denominators, over the mean denominator squared', () => {
  const user = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(user, { minLength: 2, maxLength: 40 }), (users) => {
      const { numerators, denominators } = sumsOf(users);
      const ratio = numerators / denominators;
      const spread = sumOf(users.map(([x, y]) => (x - ratio * y) ** 2)) / (users.length - 1);
      const found = ratioOf(sumsOf(users));
      expect(found.value).toBe(ratio);
      expect(found.variancePerUser).toBeCloseTo(spread / (denominators / users.length) ** 2, 8);
    }),
  );
});

describe('there is no variance', () => {
  test('of one user, and of users that are all alike, whatever rounding leaves', () => {
    expect(meanOf({ users: 1, sum: 3, sumOfSquares: 9 })).toEqual({ users: 1, value: 3, variancePerUser: 0 });
    for (const users of [3, 1_000_003]) {
      let [sum, sumOfSquares] = [0, 0];
      for (let user = 0; user < users; user += 1) [sum, sumOfSquares] = [sum + 4.1, sumOfSquares + 4.1 ** 2];
      expect(meanOf({ users, sum, sumOfSquares }).variancePerUser).toBe(0);
    }
  });

  test('and no value of no users, or where nothing was seen', () => {
    expect(meanOf({ users: 0, sum: 0, sumOfSquares: 0 })).toEqual({ users: 0, value: null, variancePerUser: 0 });
    expect(ratioOf(sumsOf([[0, 0]]))).toEqual({ users: 1, value: null, variancePerUser: 0 });
  });
});

test('values so small that their squares vanish are no reason to refuse', () => {
  expect(meanOf({ users: 2, sum: 1e-200, sumOfSquares: 0 })).toEqual({ users: 2, value: 5e-201, variancePerUser: 0 });
});

test('counts beyond 32 bits keep their variance', () => {
  const users = 6e9;
  expect(meanOf({ users, sum: users / 4, sumOfSquares: users / 4 }).variancePerUser).toBeCloseTo(0.1875, 9);
});

describe('sums are refused in words', () => {
  const two = sumsOf([[1, 2], [0, 3]]); // prettier-ignore
  test.each([
    [{ ...two, users: -1 }, 'users: are -1; they have to be a whole number of 0 or more'],
    [{ ...two, users: 1.5 }, 'users: are 1.5; they have to be a whole number of 0 or more'],
    [{ ...two, users: 2 ** 53 }, 'users: are 9007199254740992; they have to be a whole number of 0 or more'],
    [{ ...two, products: Number.NaN }, 'sums: have products of NaN; they have to be finite'],
    [{ ...two, numerators: Infinity }, 'sums: have numerators of Infinity; they have to be finite'],
    [{ ...two, users: 1 }, 'sums: of 1 users cannot be {"numerators":1,"denominators":5,'],
    [{ ...two, users: 0 }, 'sums: of 0 users cannot be'],
    [{ ...two, numeratorSquares: -1 }, 'sums: of 2 users cannot be'],
    [{ ...two, products: 4 }, 'sums: of 2 users cannot be'],
  ])('%j', (sums, words) => {
    expect(() => ratioOf(sums)).toThrow(Failure);
    expect(() => ratioOf(sums)).toThrow(words);
  });
});
