import { describe, expect, test } from '@jest/globals';
import { judgeStage, logEvidenceBeyond } from '../../../domain/canary/judge.ts';
import type { HealthSums, StageSums } from '../../../domain/canary/sums.ts';
import { NOBODY } from '../../../domain/abTests/report.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { simulateRollout, TERMS, type Challenger } from './simulatedRollout.ts';

const ROLLOUTS = 200;
const simulate = (challenger: Challenger) => Array.from({ length: ROLLOUTS }, (_, seed) => simulateRollout(challenger, seed + 1));
const shareOf = <One>(all: readonly One[], holds: (one: One) => boolean) => all.filter(holds).length / all.length;

describe('of 200 rollouts that are looked at again and again', () => {
  test('of a version whose users click a third less, 95 % and more are taken back, before 2,500 answers of it', () => {
    const rollouts = simulate({ clicks: 2 / 3 });
    expect(shareOf(rollouts, ({ end, answers }) => end === 'rolled_back' && answers < 2_500)).toBeGreaterThanOrEqual(0.95);
    expect(rollouts.find(({ end }) => end === 'rolled_back')!.reason).toMatch(
      /^(click_through_rate|clicked|liked|reciprocal_rank) is worse than the champion's by /,
    );
  });

  test('of one that is as good, 5 % at most are taken back, and the others are promoted', () => {
    expect(shareOf(simulate({}), ({ end }) => end === 'rolled_back')).toBeLessThanOrEqual(TERMS.alpha);
  });

  test('nor are more where everybody clicks less and less meanwhile, of which the version has more than the champion', () => {
    expect(shareOf(simulate({ fading: 0.02 }), ({ end }) => end === 'rolled_back')).toBeLessThanOrEqual(TERMS.alpha);
  });

  test('of one of which 5 % of the answers fail, all are taken back within 600 answers of it', () => {
    const rollouts = simulate({ faultShare: 0.05 });
    expect(rollouts.filter(({ end, answers }) => end === 'promoted' || answers > 600)).toEqual([]);
    expect(rollouts[0]!.reason).toMatch(
      /^of \d+ answers that it was to give it could not give \d+, the champion's side 0 of \d+: more than 1 % beyond$/,
    );
  });

  test('of one that takes three times as long, all are taken back', () => {
    const rollouts = simulate({ slowness: 3 });
    expect(rollouts.filter(({ end }) => end === 'promoted')).toEqual([]);
    expect(rollouts[0]!.reason).toMatch(/^its answers take [\d.]+ ms longer than 1.5 times the champion's/);
  });
});

test('a share of faults that is just allowed is called too large in 5 % of sequences at most, however long they are', () => {
  const random = createRandom(7);
  const found = Array.from({ length: 1_000 }, () => {
    let faults = 0;
    for (let answers = 1; answers <= 3_000; answers += 1) {
      if (random.next() < 0.02) faults += 1;
      if (answers % 10 === 0 && logEvidenceBeyond(0.02, { answers, faults }) > Math.log(20)) return true;
    }
    return false;
  });
  expect(found.filter(Boolean).length / found.length).toBeLessThanOrEqual(0.05);
});

describe('a stage', () => {
  const durations = { users: 0, numerators: 0, denominators: 0, numeratorSquares: 0, denominatorSquares: 0, products: 0 };
  const health = (answers: number, faults = 0): HealthSums => ({ answers, faults, durations });
  const users = (count: number) => ({ ...NOBODY, users: count, answers: count, answer_squares: count });
  const stage = (over: Partial<StageSums> = {}): StageSums => ({
    share: 0.01,
    outcomes: { champion: users(9_900), canary: users(100) },
    health: { champion: health(9_900), canary: health(100) },
    ...over,
  });
  const terms = { ...TERMS, stages: [{ share: 0.01, min_minutes: 10, min_answers: 100 }], max_minutes: 60 };

  test('passes with its time and its answers, and not before', () => {
    expect(judgeStage([stage()], terms, 10)).toMatchObject({ verdict: 'pass', reason: '10 of 10 minutes, 100 of 100 answers' });
    expect(judgeStage([stage()], terms, 9)).toMatchObject({ verdict: 'wait' });
    expect(judgeStage([stage({ health: { champion: health(9_900), canary: health(99) } })], terms, 11)).toMatchObject({ verdict: 'wait' });
  });

  test('that has too few answers in its longest time takes the version back, and says where to look', () => {
    const quiet = stage({ outcomes: { champion: users(0), canary: users(0) }, health: { champion: health(0), canary: health(0) } });
    expect(judgeStage([quiet], terms, 60)).toMatchObject({
      verdict: 'roll_back',
      reason: expect.stringContaining('it has given 0 of 100 answers; whether the model server'),
    });
  });

  test('where as much fails on the champion’s side takes nothing back for it', () => {
    expect(judgeStage([stage({ health: { champion: health(9_900, 990), canary: health(100, 10) } })], terms, 10).verdict).toBe('pass');
    expect(judgeStage([stage({ health: { champion: health(9_900, 0), canary: health(100, 10) } })], terms, 10).verdict).toBe('roll_back');
  });

  test('whose users are not those of its share takes the version back: answers of one side are lost', () => {
    const uneven = stage({ outcomes: { champion: users(9_900), canary: users(20) } });
    expect(judgeStage([uneven], terms, 1)).toMatchObject({
      verdict: 'roll_back',
      reason: expect.stringContaining('20 of 9920 users were answered by it, which 1 % cannot be'),
    });
  });
});
