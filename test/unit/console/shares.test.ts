import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { moveShare, sharesOf } from '../../../console/pages/serving/shares.ts';

const weights = fc.array(fc.double({ min: 0, max: 1_000_000, noNaN: true }), { minLength: 1, maxLength: 20 });
const sum = (shares: readonly number[]) => shares.reduce((total, share) => total + share, 0);

test('weights of any size are told as percent that sum to 100, and who has any weight is not told to have none', () => {
  expect(sharesOf([1, 1, 1])).toEqual([33.4, 33.3, 33.3]);
  expect(sharesOf([9, 1])).toEqual([90, 10]);
  expect(sharesOf([997, 2, 1])).toEqual([99.7, 0.2, 0.1]);
  expect(sharesOf([1_000_000, 1, 0])).toEqual([99.9, 0.1, 0]);
  expect(sharesOf([0, 0])).toEqual([50, 50]);
  fc.assert(
    fc.property(weights, (some) => {
      const shares = sharesOf(some);
      expect(sum(shares)).toBeCloseTo(100, 9);
      expect(shares.every((share, at) => share >= 0 && share > 0 === (some[at]! > 0 || sum(some) === 0))).toBe(true);
    }),
  );
});

test('who is given a share has just that, and the others keep the rest as they had it among themselves', () => {
  expect(moveShare([50, 30, 20], 0, 0)).toEqual([0, 60, 40]);
  expect(moveShare([50, 30, 20], 1, 90)).toEqual([7.1, 90, 2.9]);
  expect(moveShare([99.7, 0.2, 0.1], 0, 98)).toEqual([98, 1.3, 0.7]);
  expect(moveShare([100, 0], 0, 40)).toEqual([40, 60]);
  expect(moveShare([100, 0, 0], 0, 40, [70, 20, 10])).toEqual([40, 40, 20]);
  expect(moveShare([100], 0, 40)).toEqual([100]); // nobody is left to have the rest
  fc.assert(
    fc.property(weights, fc.nat(), fc.integer({ min: -50, max: 150 }), (some, nth, wanted) => {
      const at = nth % some.length;
      const moved = moveShare(sharesOf(some), at, wanted);
      expect(sum(moved)).toBeCloseTo(100, 9);
      if (some.length > 1) expect(moved[at]).toBe(Math.min(100, Math.max(0, wanted)));
    }),
  );
});
