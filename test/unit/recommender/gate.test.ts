import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../domain/recommender/gate.ts';

const outcome = (candidate: Parameters<typeof judge>[0]) => judge(candidate).rules.map(({ rule, passed }) => [rule, passed]);

describe('the gate', () => {
  test('lets the first model that beats popularity pass, and says by which numbers', () => {
    expect(judge({ kind: 'neural_cf', metrics: { ndcg_at_10: 0.4 }, baseline: { ndcg_at_10: 0.3 }, champion: null })).toEqual({
      passed: true,
      rules: [
        {
          rule: 'beats_popularity',
          passed: true,
          value: 0.4,
          bound: 0.3,
          detail: "ndcg_at_10 0.4000 must be higher than popularity's 0.3000",
        },
        { rule: 'not_worse_than_champion', passed: true, value: 0.4, bound: null, detail: 'there is no champion to compare with' },
      ],
    });
  });

  test.each([
    ['equal to popularity', 0.3, 0.3, null, false],
    ['as good as the champion', 0.4, 0.3, 0.4, true],
    ['better than popularity, a little worse than the champion', 0.4, 0.3, 0.401, false],
  ])('a ranking model %s', (_, ndcg, popularity, champion, passed) => {
    const metrics = { ndcg_at_10: ndcg };
    const verdict = judge({
      kind: 'neural_cf',
      metrics,
      baseline: { ndcg_at_10: popularity },
      champion: champion === null ? null : { ndcg_at_10: champion },
    });
    expect(verdict.passed).toBe(passed);
  });

  test('a rating model is better the lower its error', () => {
    const baseline = { rmse: 0.95 };
    expect(outcome({ kind: 'movie_predictor', metrics: { rmse: 0.9 }, baseline, champion: { rmse: 0.9 } })).toEqual([
      ['beats_popularity', true],
      ['not_worse_than_champion', true],
    ]);
    expect(outcome({ kind: 'movie_predictor', metrics: { rmse: 0.96 }, baseline, champion: { rmse: 0.89 } })).toEqual([
      ['beats_popularity', false],
      ['not_worse_than_champion', false],
    ]);
  });

  test('popularity need not beat itself, but its champion', () => {
    const candidate = { kind: 'popularity', metrics: { ndcg_at_10: 0.3 }, baseline: { ndcg_at_10: 0.3 } } as const;
    expect(judge({ ...candidate, champion: null }).passed).toBe(true);
    expect(judge({ ...candidate, champion: { ndcg_at_10: 0.4 } }).passed).toBe(false);
  });

  test('nothing passes that was not measured', () => {
    expect(judge({ kind: 'neural_cf', metrics: {}, baseline: { ndcg_at_10: 0.3 }, champion: { ndcg_at_10: 0.4 } }).passed).toBe(false);
    expect(judge({ kind: 'neural_cf', metrics: { ndcg_at_10: Number.NaN }, baseline: { ndcg_at_10: 0.3 }, champion: null }).passed).toBe(
      false,
    );
  });
});
