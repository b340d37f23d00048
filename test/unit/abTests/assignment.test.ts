import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../../contracts/failures.ts';
import { assignVariant, propensities, type WeightedVariant } from '../../../domain/abTests/assignment.ts';

const USERS = Array.from({ length: 20_000 }, (_, nth) => `user-${nth}`);
const variantsOf = (...weights: number[]): WeightedVariant[] => weights.map((weight, nth) => ({ name: 'abcdef'[nth]!, weight }));
const namesOf = (variants: readonly WeightedVariant[], salt = 'first') => USERS.map((user) => assignVariant(variants, user, salt).name);
const count = <Value>(values: readonly Value[], holds: (value: Value, nth: number) => boolean) => values.filter(holds).length;
/** Five standard deviations of a share of so many users. */
const bound = (share: number, users: number) => 5 * Math.sqrt((share * (1 - share)) / users);

describe('users', () => {
  test.each([[[1, 1]], [[0.9, 0.1]], [[5, 3, 2]], [[1, 1e-2, 7, 3]], [[0.1, 0.2, 0.3]]])('split as the weights %j say', (weights) => {
    const variants = variantsOf(...weights);
    const names = namesOf(variants);
    propensities(variants).forEach((share, nth) => {
      const got = count(names, (name) => name === variants[nth]!.name) / USERS.length;
      expect(Math.abs(got - share)).toBeLessThan(bound(share, USERS.length));
    });
  });

  test('keep their variant from day to day and from release to release', () => {
    const variants = variantsOf(1, 1, 1);
    expect(namesOf(variants)).toEqual(namesOf(variants));
    const shown = ['1', '2', '3', '610', 'zoë', ''].map((user) => assignVariant(variants, user, 'default').name);
    expect(shown.join('')).toBe('caacbc'); // by sha256sum; another release that answers otherwise would move users in the middle of a test
  });

  test('that move when the last variant grows at its neighbour’s cost are those that it gains, and no others', () => {
    const [before, after] = [namesOf(variantsOf(50, 40, 10)), namesOf(variantsOf(50, 25, 25))];
    const moved = count(USERS, (_, nth) => before[nth] !== after[nth]);
    expect(moved).toBe(count(after, (name) => name === 'c') - count(before, (name) => name === 'c'));
    expect(Math.abs(moved / USERS.length - 0.15)).toBeLessThan(bound(0.15, USERS.length));
  });

  test('of one test split independently in another', () => {
    const [first, second] = [namesOf(variantsOf(1, 1), 'first'), namesOf(variantsOf(1, 1), 'second')];
    const both = count(USERS, (_, nth) => first[nth] === 'a' && second[nth] === 'a');
    expect(Math.abs(both / USERS.length - 0.25)).toBeLessThan(bound(0.25, USERS.length));
  });

  test('are told apart where salt and user would read the same side by side', () => {
    const sixths = variantsOf(...Array<number>(6).fill(1));
    const differ = count(USERS, (user) => assignVariant(sixths, user, 'a1') !== assignVariant(sixths, `1${user}`, 'a'));
    expect(Math.abs(differ / USERS.length - 5 / 6)).toBeLessThan(bound(5 / 6, USERS.length));
  });
});

describe('a weight of 0', () => {
  test.each([[[0, 1, 0]], [[1, 0, 0]], [[0, 0, 1]]])('gets nobody: %j', (weights) => {
    const variants = variantsOf(...weights);
    expect(new Set(namesOf(variants))).toEqual(new Set([variants[weights.indexOf(1)]!.name]));
  });
});

describe('weights', () => {
  test('are shares of their sum', () => {
    expect(propensities(variantsOf(3, 0, 1))).toEqual([0.75, 0, 0.25]);
    expect(propensities(variantsOf(2 ** 40, 2 ** 40))).toEqual([0.5, 0.5]);
  });

  test.each([
    [[1, Number.NaN], 'weight: of variant b is NaN; it has to be a finite number of 0 or more'],
    [[-1, 2], 'weight: of variant a is -1; it has to be a finite number of 0 or more'],
    [[Infinity, 1], 'weight: of variant a is Infinity; it has to be a finite number of 0 or more'],
    [[0, 0], 'weight: of 2 variants sum to 0; at least one has to be above 0, and the sum finite'],
    [[], 'weight: of 0 variants sum to 0; at least one has to be above 0, and the sum finite'],
    [[1e308, 1e308], 'weight: of 2 variants sum to Infinity; at least one has to be above 0, and the sum finite'],
  ])('%j are refused in words', (weights, words) => {
    const variants = variantsOf(...weights);
    for (const act of [() => propensities(variants), () => assignVariant(variants, 'user', 'salt')]) {
      expect(act).toThrow(Failure);
      expect(act).toThrow(words);
    }
  });
});
