import { beforeAll, describe, expect, test } from '@jest/globals';
import { SPLIT_KINDS } from '../../../contracts/training.ts';
import { judge } from '../../../domain/recommender/evaluation/gate.ts';
import { answerQuestions } from '../../../domain/recommender/evaluation/outcomes.ts';
import { prepareQuestions } from '../../../domain/recommender/evaluation/questions.ts';
import type { EvaluationReport } from '../../../domain/recommender/evaluation/evaluationReport.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { createSnapshot, trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { evaluate, scoring, scoringHeldOut, settings, signal } from './evaluation/judged.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, smallSpec } from './training.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
const snapshot = tasteSnapshot({ users: 60, perUser: 14 });
const { interactions } = snapshot;
const RANKING = ['hr_at_10', 'ndcg_at_10', 'recall_at_10', 'recall_at_20', 'hit_at_10', 'mrr_at_10', 'full_ndcg_at_10'];

describe('evaluation', () => {
  const reports: Partial<Record<'neural_cf' | 'movie_predictor' | 'popularity', EvaluationReport>> = {};
  beforeAll(async () => {
    for (const kind of ['popularity', 'neural_cf', 'movie_predictor'] as const) {
      const { model } = await modelKind(kind).fit(smallSpec(kind), trainingDataOf(snapshot), fitContext());
      reports[kind] = await evaluate(snapshot, model);
      model.dispose();
    }
  });

  test.each(SPLIT_KINDS)(
    'by a %s split: of a model that knows the answers is perfect; of one that cannot tell movies apart, the worst',
    async (split) => {
      const split_snapshot = createSnapshot(interactions, snapshot.movies, 7, split);
      const questions = prepareQuestions(split_snapshot);
      const figures = async (score: number) => {
        const { metrics } = await evaluate(
          split_snapshot,
          scoringHeldOut(questions, () => score),
        );
        return RANKING.map((name) => metrics[name]);
      };
      expect(questions.ranking.length).toBeGreaterThan(20);
      expect(await figures(1)).toEqual(RANKING.map(() => 1));
      expect((await figures(0)).filter((figure) => figure! > 0.2)).toEqual([]);
    },
  );

  test('of popularity is its own baseline', () => {
    expect(reports.popularity!.metrics).toEqual(reports.popularity!.baseline);
    expect(reports.popularity!.evidence.gain_over_popularity).toEqual({ value: 0, low: 0, high: 0 });
  });

  test('of a model that is right against its 99 negatives and wrong among all movies: the gate says that it does not beat popularity', async () => {
    const wide = tasteSnapshot({ users: 60, movies: 400, perUser: 14 });
    const questions = prepareQuestions(wide);
    const byUser = new Map(questions.ranking.map((question) => [question.user, question]));
    const flatterer = scoring(wide.interactions, (user) => {
      const { movie, negatives } = byUser.get(user!)!;
      const scores = new Float32Array(wide.interactions.movies.size).fill(2);
      for (const negative of negatives) scores[negative] = 0;
      scores[movie] = 1;
      return scores;
    });
    const { metrics, baseline, evidence } = await evaluate(wide, flatterer);
    expect(metrics['ndcg_at_10']).toBe(1);
    expect(metrics['full_ndcg_at_10']).toBeLessThan(baseline['full_ndcg_at_10']!);
    const verdict = judge({ name: 'neural_cf', metrics, baseline, evidence, bytes: 1 }, settings);
    expect(verdict.rules.filter(({ passed }) => !passed).map(({ rule }) => rule)).toEqual(['beats_popularity']);
  });

  test('finds that neural_cf learnt the two tastes, and movie_predictor the ratings that go with them', () => {
    const { neural_cf, movie_predictor } = reports;
    expect(neural_cf!.evidence.gain_over_popularity!.low).toBeGreaterThan(0);
    expect(movie_predictor!.metrics['rmse']!).toBeLessThan(movie_predictor!.baseline['rmse']! * 0.9);
    expect(movie_predictor!.evidence.gain_over_popularity!.low).toBeGreaterThan(0);
  });

  test('says every metric by which protocol, with an interval around it, and where each user was', () => {
    const { metrics, protocols, outcomes, counts, intervals } = reports.movie_predictor!;
    expect(
      Object.values(protocols)
        .flatMap((protocol) => [...protocol.metrics])
        .sort(),
    ).toEqual(Object.keys(metrics).sort());
    for (const [name, { low, value, high }] of Object.entries(intervals.of)) {
      expect([low <= value, value <= high, value]).toEqual([true, true, metrics[name]]);
    }
    expect([outcomes.user_id.length, outcomes.full_ranks.length, counts.ranked_users]).toEqual([60, 60, 60]);
    expect(protocols.sampled_negatives.leak_checks).toHaveLength(3);
  });

  test('has slices that part the users: each third of the histories, each third of the popularity', () => {
    const { slices, counts } = reports.neural_cf!;
    const users = (by: string) => slices.filter(({ slice }) => slice.startsWith(by)).reduce((sum, slice) => sum + slice.users, 0);
    expect([users('user history'), users('movie popularity')]).toEqual([counts.ranked_users, counts.ranked_users]);
  });

  test('asks the same questions again from the same snapshot, and others by another seed', () => {
    const digest = (seed: number) =>
      evaluate(
        createSnapshot(interactions, snapshot.movies, seed),
        scoring(interactions, () => new Float32Array(40)),
      );
    return Promise.all([digest(7), digest(7), digest(8)]).then(([first, again, other]) => {
      expect(again.reproduce.questions_digest).toBe(first.reproduce.questions_digest);
      expect(other.reproduce.questions_digest).not.toBe(first.reproduce.questions_digest);
    });
  });

  test('counts what was recommended: one list for all covers its length, and is the less novel the more popular', async () => {
    const questions = prepareQuestions(snapshot);
    const by = async (sign: number) =>
      (
        await answerQuestions(
          questions,
          scoring(interactions, () => questions.popularityCounts.map((n) => sign * n)),
          signal,
        )
      ).outcomes;
    const [most, least] = [await by(1), await by(-1)];
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(least.novelties)).toBeGreaterThan(mean(most.novelties));
    const own = await answerQuestions(
      questions,
      scoringHeldOut(questions, () => 1),
      signal,
    );
    expect(own.outcomes.recommended).toBeGreaterThan(most.recommended);
  });

  test('tells how many users it has asked', async () => {
    const told: unknown[] = [];
    const wide = prepareQuestions(tasteSnapshot({ users: 150 }));
    const model = scoring(wide.snapshot.interactions, () => new Float32Array(40));
    await answerQuestions(wide, model, signal, (progress) => told.push(progress));
    expect(told).toEqual([
      { users: 0, of: 150 },
      { users: 100, of: 150 },
    ]);
  });

  test('ends soon after an abort', async () => {
    const cut = new AbortController();
    const questions = prepareQuestions(snapshot);
    const slow = scoring(interactions, () => (busyFor(5), new Float32Array(40)));
    setTimeout(() => cut.abort(new Error('cancelled')), 20);
    await expect(answerQuestions(questions, slow, cut.signal)).rejects.toThrow('cancelled');
  });
});

function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
