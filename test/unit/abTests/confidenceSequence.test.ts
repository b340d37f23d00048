import { describe, expect, test } from '@jest/globals';
import { compareOver, compareVariants, type Comparison } from '../../../domain/abTests/confidenceSequence.ts';
import { meanOf, ratioOf, type MeanSums } from '../../../domain/abTests/estimates.ts';
import { createRandom, type Random } from '../../../domain/recommender/numeric/random.ts';
import { daysOf, returningDaysOf, type TestDesign } from './simulatedTest.ts';

const ALPHA = 0.05;
const TESTS = 1_000;
const compareMeans = (control: MeanSums, treatment: MeanSums) => compareVariants(meanOf(control), meanOf(treatment), { alpha: ALPHA });
const chance = (probability: number) => (quantile: number) => (quantile < probability ? 1 : 0);

/** What somebody sees who looks daily. */
const looksOf = (design: TestDesign, random: Random) =>
  [...daysOf(design, random)].map(([control, treatment]) => ({
    ...compareMeans(control, treatment),
    fixedHorizon: zTest(control, treatment),
  }));

/** Whether a z-test, made for one look at the end, finds a difference. */
function zTest(control: MeanSums, treatment: MeanSums): boolean {
  const [a, b] = [meanOf(control), meanOf(treatment)];
  const variance = a.variancePerUser / a.users + b.variancePerUser / b.users;
  return variance > 0 && (b.value! - a.value!) ** 2 > 1.96 ** 2 * variance;
}

const shareOfTests = (tests: number, holds: () => boolean) => Array.from({ length: tests }, holds).filter(Boolean).length / tests;

describe('of 1,000 tests of two equal variants, looked at daily for 28 days, at most 5 % ever find a difference', () => {
  const designs: Record<string, TestDesign & { readonly fixedHorizon: number }> = {
    'that 5 % click, split in half': { newUsersADay: 100, share: 0.5, outcome: chance(0.05), fixedHorizon: 0.2 },
    'that 2 % click, split 95 to 5': { newUsersADay: 100, share: 0.05, outcome: chance(0.02), fixedHorizon: 0.3 },
    'that nearly all like, split 90 to 10': { newUsersADay: 60, share: 0.1, outcome: chance(0.95), fixedHorizon: 0.2 },
    'of hours watched with a heavy tail, split 90 to 10': {
      newUsersADay: 60,
      share: 0.1,
      outcome: (quantile) => (1 - quantile) ** (-1 / 2.2),
      fixedHorizon: 0.2,
    },
    'of five stars, with few users': { newUsersADay: 8, share: 0.5, outcome: (quantile) => 1 + ((quantile * 5) | 0), fixedHorizon: 0.1 },
  };

  test.each(Object.keys(designs))('%s, where a z-test finds one in many times as many', (name) => {
    const design = designs[name]!;
    const random = createRandom(19);
    let fixedHorizon = 0;
    const found = shareOfTests(TESTS, () => {
      const looks = looksOf(design, random);
      fixedHorizon += Number(looks.some((look) => look.fixedHorizon));
      return looks.some(({ decided }) => decided);
    });
    expect(found).toBeLessThanOrEqual(ALPHA);
    expect(fixedHorizon / TESTS).toBeGreaterThan(design.fixedHorizon);
  });

  test('of clicks over impressions of users who come back, where a z-test that counts impressions finds one in many times as many', () => {
    const random = createRandom(20);
    let fixedHorizon = 0;
    const found = shareOfTests(TESTS, () => {
      const looks = [...returningDaysOf(10, random)].map(([control, treatment]) => {
        const impressions = (sums: typeof control) => ({ users: sums.denominators, sum: sums.numerators, sumOfSquares: sums.numerators });
        return {
          ...compareVariants(ratioOf(control), ratioOf(treatment), { alpha: ALPHA }),
          fixedHorizon: zTest(impressions(control), impressions(treatment)),
        };
      });
      fixedHorizon += Number(looks.some((look) => look.fixedHorizon));
      return looks.some(({ decided }) => decided);
    });
    expect(found).toBeLessThanOrEqual(ALPHA);
    expect(fixedHorizon / TESTS).toBeGreaterThan(0.2);
  });
});

describe('a true lift', () => {
  const random = createRandom(21);
  const truth = { difference: 0.05, lift: 0.5 };
  const design: TestDesign = { newUsersADay: 100, share: 0.5, outcome: (quantile, treated) => (quantile < (treated ? 0.15 : 0.1) ? 1 : 0) };
  const tests = Array.from({ length: 300 }, () => looksOf(design, random));
  const covers = (interval: { low: number | null; high: number | null } | null, value: number) =>
    interval === null || interval.low === null || (interval.low <= value && value <= interval.high!);
  const always = (holds: (look: Comparison) => boolean) => tests.filter((looks) => looks.every(holds)).length / tests.length;

  test('of a half is found in nine of ten tests, most of them before their end', () => {
    const decidedAt = tests.map((looks) => looks.findIndex(({ decided }) => decided));
    expect(decidedAt.filter((day) => day >= 0).length / tests.length).toBeGreaterThan(0.85);
    expect(decidedAt.filter((day) => day >= 0 && day < 21).length / tests.length).toBeGreaterThan(0.6);
  });

  test('lies within the interval at every look of 95 % of tests, as a difference and as a share', () => {
    expect(always((look) => covers(look, truth.difference))).toBeGreaterThanOrEqual(1 - ALPHA);
    expect(always(({ lift }) => covers(lift, truth.lift))).toBeGreaterThanOrEqual(1 - ALPHA);
  });

  test('is decided just where each of its intervals leaves out 0, and p is below alpha', () => {
    const leavesOut = (low: number | null | undefined, high: number | null | undefined) => low! > 0 || high! < 0;
    expect(always(({ decided, p }) => decided === p < ALPHA)).toBe(1);
    expect(always(({ decided, low, high }) => decided === leavesOut(low, high))).toBe(1);
    expect(always(({ decided, lift }) => lift === null || decided === leavesOut(lift.low, lift.high))).toBe(1);
  });
});

describe('nothing is decided', () => {
  const clicks = (users: number, sum: number): MeanSums => ({ users, sum, sumOfSquares: sum });
  const undecided = { low: null, high: null, p: 1, decided: false, lift: null };

  test.each([
    ['no users', clicks(0, 0), clicks(0, 0), null],
    ['no users of one variant', clicks(0, 0), clicks(1_000, 100), null],
    ['one user of each', clicks(1, 0), clicks(1, 1), 1],
    ['too few users of one variant', clicks(49, 0), clicks(10_000, 5_000), 0.5],
  ])('with %s', (_, control, treatment, difference) => {
    expect(compareMeans(control, treatment)).toEqual({ ...undecided, difference, missing: 'users' });
  });

  test('where no user saw anything', () => {
    const nothing = { numerators: 0, denominators: 0, numeratorSquares: 0, denominatorSquares: 0, products: 0 };
    const seen = ratioOf({ users: 100, ...nothing });
    expect(compareVariants(seen, seen, { alpha: ALPHA })).toEqual({ ...undecided, difference: null, missing: 'users' });
  });

  test('where all outcomes of a variant are alike, whether or not those of the other are the same', () => {
    const constant = (users: number, value: number) => ({ users, sum: users * value, sumOfSquares: users * value ** 2 });
    expect(compareMeans(constant(1_000, 0), constant(1_000, 0))).toEqual({ ...undecided, difference: 0, missing: 'outcomes' });
    expect(compareMeans(constant(1_000, 4.1), constant(1_003, 4.1))).toMatchObject({ ...undecided, missing: 'outcomes' });
    expect(compareMeans(constant(1_000, 0), constant(1_000, 1))).toEqual({ ...undecided, difference: 1, missing: 'outcomes' });
  });

  test('because nobody in a small variant has clicked yet', () => {
    expect(compareMeans(clicks(2_000, 40), clicks(100, 0))).toMatchObject({ decided: false, missing: null });
  });
});

test('one variant without any outcome is told from one that has many', () => {
  const found = compareMeans({ users: 1_000, sum: 0, sumOfSquares: 0 }, { users: 1_000, sum: 100, sumOfSquares: 100 });
  expect(found).toMatchObject({ difference: 0.1, decided: true, lift: null });
});

test('five thousand million users are as good as few', () => {
  const clicks = (users: number, share: number): MeanSums => ({ users, sum: users * share, sumOfSquares: users * share });
  const found = compareMeans(clicks(5e9, 0.1), clicks(5e9, 0.1001));
  expect(found.difference).toBeCloseTo(1e-4, 12);
  expect(found.lift!.value).toBeCloseTo(1e-3, 10);
  expect(found).toMatchObject({ decided: true, missing: null });
});

test('the interval and p are those of the papers', () => {
  const found = compareMeans({ users: 1_000, sum: 500, sumOfSquares: 500 }, { users: 1_000, sum: 560, sumOfSquares: 560 });
  // t = 2,000 users, ρ² tuned for as many; computed with 30 digits: bounds by Waudby-Smith et al. 2021, p by Johari et al. 2015 with τ² = σ² ρ².
  expect(found.low).toBeCloseTo(-0.007663695019353182, 14);
  expect(found.high).toBeCloseTo(0.12766369501935318, 14);
  expect(found.p).toBeCloseTo(0.12100888029748621, 13);
});

describe('over stretches of time', () => {
  const half = { users: 400, sum: 120, sumOfSquares: 120 };
  const other = { users: 400, sum: 60, sumOfSquares: 60 };
  const settings = { alpha: ALPHA };

  test('of which there is one, split in half, it is the comparison of its two variants', () => {
    const found = compareOver([{ control: meanOf(half), treatment: meanOf(other) }], settings);
    expect(compareMeans(half, other)).toEqual({ ...found, lift: expect.anything() });
  });

  test('what differs between them alone is put down to no variant', () => {
    // Of the first, when half of all click, the treatment has few users; of the second, when a tenth do, it has most.
    const shareOf = (users: number, share: number) => meanOf({ users, sum: users * share, sumOfSquares: users * share });
    const stretches = [
      { control: shareOf(9_000, 0.5), treatment: shareOf(1_000, 0.5) },
      { control: shareOf(1_000, 0.1), treatment: shareOf(9_000, 0.1) },
    ];
    expect(compareOver(stretches, settings)).toMatchObject({ difference: 0, decided: false });
    const pooled = compareVariants(shareOf(10_000, 0.46), shareOf(10_000, 0.14), settings);
    expect(pooled.decided).toBe(true);
  });

  test('those with few users of a variant are passed over, and without any other nothing is known', () => {
    const few = { control: meanOf(half), treatment: meanOf({ users: 49, sum: 0, sumOfSquares: 0 }) };
    const enough = { control: meanOf(half), treatment: meanOf(other) };
    expect(compareOver([few, enough], settings)).toEqual(compareOver([enough], settings));
    expect(compareOver([few], settings)).toMatchObject({ difference: null, low: null, decided: false, missing: 'users' });
  });
});
