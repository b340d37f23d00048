import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../../contracts/failures.ts';
import { createOffPolicyEstimator, type LoggedAnswer, type OffPolicySettings } from '../../../domain/abTests/offPolicy.ts';
import { createRandom, type Random } from '../../../domain/recommender/numeric/random.ts';

const ALPHA = 0.05;

function estimate(answers: Iterable<LoggedAnswer>, settings: Partial<OffPolicySettings> = {}) {
  const estimator = createOffPolicyEstimator({ alpha: ALPHA, ...settings });
  for (const answer of answers) estimator.add(answer);
  return estimator.estimate();
}

/** Two kinds of users, three movies to show: with which probability each policy shows them, and how likely each is liked. */
const KINDS = [
  { logged: [0.8, 0.1, 0.1], next: [0.1, 0.3, 0.6], liked: [0.1, 0.2, 0.5] },
  { logged: [0.2, 0.2, 0.6], next: [0.5, 0.5, 0], liked: [0.6, 0.3, 0.2] },
] as const;
const TRUTH = average(KINDS.map(({ next, liked }) => next[0] * liked[0] + next[1] * liked[1] + next[2] * liked[2]));

/** @param answersOf how many a user gets; one who likes all or nothing where they are many */
function* logOf(users: number, random: Random, answersOf = 1): Generator<LoggedAnswer> {
  for (let user = 0; user < users; user += 1) {
    const kind = KINDS[random.below(2)]!;
    const mood = random.next();
    for (let nth = 0; nth < answersOf; nth += 1) {
      const draw = random.next();
      const movie = draw < kind.logged[0] ? 0 : draw < kind.logged[0] + kind.logged[1] ? 1 : 2;
      const reward = mood < kind.liked[movie] ? 1 : 0;
      yield { user: `${user}`, loggedPropensity: kind.logged[movie], newPropensity: kind.next[movie], reward };
    }
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

describe.each([
  ['one answer', 1],
  ['five answers that depend on one another', 5],
])('over 600 logs of users with %s', (_, answersOf) => {
  const random = createRandom(22);
  const found = Array.from({ length: 600 }, () => estimate(logOf(400, random, answersOf)));

  test.each(['ips', 'snips'] as const)(
    '%s is the reward of the policy that was not shown, and its standard error is its deviation',
    (name) => {
      const values = found.map((one) => one[name]!.value);
      expect(Math.abs(average(values) - TRUTH)).toBeLessThan((4 * deviation(values)) / Math.sqrt(values.length));
      expect(average(found.map((one) => one[name]!.standardError)) / deviation(values)).toBeCloseTo(1, 0.7); // within a tenth
      expect(average(found.map((one) => Number(one[name]!.low <= TRUTH && TRUTH <= one[name]!.high)))).toBeGreaterThanOrEqual(1 - ALPHA);
    },
  );

  test('the weights have a mean of 1, and nothing is doubted', () => {
    expect(average(found.map(({ meanWeight }) => meanWeight!))).toBeCloseTo(1, 2);
    expect(found.filter(({ doubts }) => doubts.length > 0).length / found.length).toBeLessThanOrEqual(ALPHA);
  });
});

const anyAnswer = fc.record({
  user: fc.constantFrom('1', '2', '3'),
  loggedPropensity: fc.double({ min: 1e-3, max: 1, noNaN: true }),
  newPropensity: fc.double({ min: 0, max: 1, noNaN: true }),
  reward: fc.double({ min: -5, max: 5, noNaN: true }),
});
const anyLog = fc.array(
  anyAnswer.filter(({ newPropensity }) => newPropensity === 0 || newPropensity > 1e-6),
  { minLength: 1, maxLength: 60 },
);

test('the self-normalised estimate never leaves the rewards that were seen', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const { snips } = estimate(log);
      const rewards = log.map(({ reward }) => reward);
      if (snips === null) return;
      expect(snips.value).toBeGreaterThanOrEqual(Math.min(...rewards) - 1e-9);
      expect(snips.value).toBeLessThanOrEqual(Math.max(...rewards) + 1e-9);
    }),
  );
});

test('the effective sample size is Kish’s: between 1 and the answers, and all of them where the weights are equal', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const weights = log.map(({ loggedPropensity, newPropensity }) => newPropensity / loggedPropensity);
      const kish = weights.reduce((sum, weight) => sum + weight, 0) ** 2 / weights.reduce((sum, weight) => sum + weight ** 2, 0);
      expect(estimate(log).effectiveAnswers).toBeCloseTo(Number.isNaN(kish) ? 0 : kish, 6);
    }),
  );
  // 0.1 + 0.2 is not 0.3 in a float, and nothing to doubt.
  const alike = Array.from({ length: 300 }, (_, nth) => ({
    user: `${nth}`,
    loggedPropensity: 0.3,
    newPropensity: 0.1 + 0.2,
    reward: nth % 2,
  }));
  const found = estimate(alike);
  expect(found.doubts).toEqual([]);
  expect([found.effectiveAnswers, found.effectiveUsers].map((size) => size.toFixed(9))).toEqual(['300.000000000', '300.000000000']);
});

test('a policy that is the logged one has the mean reward, with the standard error of a mean', () => {
  const rewards = Array.from({ length: 200 }, (_, nth) => Number(nth % 4 === 0));
  const found = estimate(rewards.map((reward, nth) => ({ user: `${nth}`, loggedPropensity: 0.3, newPropensity: 0.3, reward })));
  for (const one of [found.ips!, found.snips!]) {
    expect(one.value).toBeCloseTo(0.25, 12);
    expect(one.standardError).toBeCloseTo(deviation(rewards) / Math.sqrt(200), 12);
  }
});

test('a reward that is always the same is known for certain when self-normalised, and not by inverse propensity', () => {
  const log = [...logOf(400, createRandom(23))].map((answer) => ({ ...answer, reward: 2 }));
  const { ips, snips } = estimate(log);
  expect(snips).toMatchObject({ value: 2, standardError: 0 });
  expect(ips!.standardError).toBeGreaterThan(0.05);
});

test('an estimate can be asked for between users, and again without anything new', () => {
  const log = [...logOf(100, createRandom(25), 3)];
  const estimator = createOffPolicyEstimator({ alpha: ALPHA });
  log.forEach((answer, nth) => {
    estimator.add(answer);
    if (nth % 30 === 29) expect(estimator.estimate()).toEqual(estimator.estimate());
  });
  expect(estimator.estimate()).toEqual(estimate(log));
});

describe('a clip', () => {
  const log = [...logOf(2_000, createRandom(24))];
  test('cuts what single answers weigh: a smaller standard error, and a bias that is told by how many were cut', () => {
    const [whole, cut] = [estimate(log), estimate(log, { clip: 2 })];
    expect(cut.ips!.standardError).toBeLessThan(whole.ips!.standardError);
    expect(cut.ips!.value).toBeLessThan(whole.ips!.value);
    expect(cut.effectiveAnswers).toBeGreaterThan(whole.effectiveAnswers);
    expect([whole.clipped, cut.clipped]).toEqual([0, log.filter((answer) => answer.newPropensity / answer.loggedPropensity > 2).length]);
    expect(cut.meanWeight).toBe(whole.meanWeight);
  });
  test('above all weights changes nothing', () => expect(estimate(log, { clip: 7 })).toEqual(estimate(log)));
  test.each([0, -1, Number.NaN])('of %p is refused in words', (clip) => {
    expect(() => estimate([], { clip })).toThrow(`clip: is ${clip}; it has to be above 0`);
  });
});

describe('doubts are told in words', () => {
  const answer = { user: '1', loggedPropensity: 0.5, newPropensity: 0.5, reward: 1 };

  test('of no answers', () => {
    expect(estimate([])).toEqual({
      answers: 0,
      users: 0,
      clipped: 0,
      effectiveAnswers: 0,
      effectiveUsers: 0,
      meanWeight: null,
      ips: null,
      snips: null,
      doubts: [
        'the log has 0 users; at least 50 are needed for a standard error',
        '0 answers say as much as 0.0 would by themselves; at least 100 are needed',
        '0 users say as much as 0.0 would by themselves; at least 100 are needed',
      ],
    });
  });

  test('of answers among which few weigh anything', () => {
    const log = Array.from({ length: 10_000 }, (_, nth) => ({ ...answer, user: `${nth}`, newPropensity: nth % 500 === 0 ? 1 : 0.001 }));
    expect(estimate(log).doubts).toContain('10000 answers say as much as 44.9 would by themselves; at least 100 are needed');
  });

  test('of many answers of one user among others', () => {
    const log = Array.from({ length: 10_000 }, (_, nth) => ({ ...answer, user: nth < 9_000 ? 'one' : `${nth}`, reward: nth % 2 }));
    expect(estimate(log).doubts).toEqual(['1001 users say as much as 1.2 would by themselves; at least 100 are needed']);
  });

  test('where nobody earned anything', () => {
    const found = estimate(Array.from({ length: 1_000 }, (_, nth) => ({ ...answer, user: `${nth}`, reward: 0 })));
    expect(found).toMatchObject({ ips: { value: 0, low: 0, high: 0 }, snips: { value: 0 } });
    expect(found.doubts).toEqual(['all rewards are the same, so that nothing tells how far off the figures are']);
  });

  test('where the new variant would show what the log never has', () => {
    const log = Array.from({ length: 1_000 }, (_, nth) => ({
      ...answer,
      user: `${nth}`,
      newPropensity: nth % 2 ? 0.6 : 0.2,
      reward: nth % 3,
    }));
    expect(estimate(log).doubts).toEqual([
      'the weights have a mean of 0.800, not 1: the log lacks what the new variant would show, or was not served by these propensities',
    ]);
  });

  test('where it would never have shown any of it', () => {
    const found = estimate(Array.from({ length: 1_000 }, (_, nth) => ({ ...answer, user: `${nth}`, newPropensity: 0 })));
    expect(found).toMatchObject({ effectiveAnswers: 0, meanWeight: 0, ips: { value: 0 }, snips: null });
    expect(found.doubts[0]).toBe('1000 answers say as much as 0.0 would by themselves; at least 100 are needed');
  });
});

describe('an answer is refused in words', () => {
  const answer = { user: '1', loggedPropensity: 0.5, newPropensity: 0.5, reward: 1 };
  test.each([
    ...[0, -0.1, 1.01, Number.NaN, Infinity].map((loggedPropensity) => [
      { loggedPropensity },
      `logged_propensity: is ${loggedPropensity}; what was shown had a probability above 0 and of at most 1`,
    ]),
    ...[-0.1, 1.01, Number.NaN].map((newPropensity) => [
      { newPropensity },
      `new_propensity: is ${newPropensity}; a probability is from 0 to 1`,
    ]),
    ...[Number.NaN, -Infinity].map((reward) => [{ reward }, `reward: is ${reward}; it has to be finite`]),
  ] as [Partial<LoggedAnswer>, string][])('with %j', (wrong, words) => {
    const estimator = createOffPolicyEstimator({ alpha: ALPHA });
    expect(() => estimator.add({ ...answer, ...wrong })).toThrow(Failure);
    expect(() => estimator.add({ ...answer, ...wrong })).toThrow(words);
    expect(estimator.estimate().answers).toBe(0);
  });
});
