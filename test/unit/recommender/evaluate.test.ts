import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { evaluateModel, type EvaluationReport } from '../../../domain/recommender/evaluate.ts';
import { createTrainedModel } from '../../../domain/recommender/model.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../../domain/recommender/snapshot.ts';
import { TEST } from '../../../domain/recommender/split.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, smallSpec } from './training.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
jest.setTimeout(60_000);

const signal = new AbortController().signal;
const snapshot = tasteSnapshot({ users: 60, perUser: 14 });
const { interactions } = snapshot;

/** Scores what the user chose before highest, what was held out with `heldOut`, all else with 0. */
const oracle = (heldOut: number) =>
  createTrainedModel({
    kind: 'neural_cf',
    users: interactions.users,
    movies: interactions.movies,
    answersUnknownUsers: false,
    scoreAll(user) {
      const scores = new Float32Array(interactions.movies.size);
      interactions.userIndex.forEach((of, row) => {
        if (of === user) scores[interactions.movieIndex[row]!] = snapshot.rankingSplit[row] === TEST ? heldOut : 2;
      });
      return scores;
    },
    similarityToAll: () => new Float32Array(),
    save: () => ({}),
    dispose: () => undefined,
  });

describe('evaluation', () => {
  const reports: Partial<Record<'neural_cf' | 'movie_predictor' | 'popularity', EvaluationReport>> = {};
  beforeAll(async () => {
    for (const kind of ['popularity', 'neural_cf', 'movie_predictor'] as const) {
      const { model } = await modelKind(kind).fit(smallSpec(kind), trainingDataOf(snapshot), fitContext());
      reports[kind] = await evaluateModel({ snapshot, model, signal });
      model.dispose();
    }
  });

  test('of a model that knows the answers is perfect; of one that cannot tell movies apart, the worst', async () => {
    const figures = async (heldOut: number) => (await evaluateModel({ snapshot, model: oracle(heldOut), signal })).metrics;
    expect(await figures(1)).toEqual({ hr_at_10: 1, ndcg_at_10: 1, recall_at_10: 1, full_ndcg_at_10: 1 });
    expect(await figures(0)).toEqual({ hr_at_10: 0, ndcg_at_10: 0, recall_at_10: 0, full_ndcg_at_10: 0 });
  });

  test('of popularity is its own baseline', () => {
    expect(reports.popularity!.metrics).toEqual(reports.popularity!.baseline);
    expect(Object.keys(reports.popularity!.metrics)).toEqual([
      'hr_at_10',
      'ndcg_at_10',
      'recall_at_10',
      'full_ndcg_at_10',
      'rmse',
      'mae',
      'accuracy',
    ]);
  });

  test('finds that neural_cf learnt the two tastes, and movie_predictor the ratings that go with them', () => {
    const { neural_cf, movie_predictor } = reports;
    expect(neural_cf!.metrics['ndcg_at_10']!).toBeGreaterThan(neural_cf!.baseline['ndcg_at_10']! * 1.2);
    expect(movie_predictor!.metrics['rmse']!).toBeLessThan(movie_predictor!.baseline['rmse']! * 0.9);
  });

  test('says every metric by which protocol, and each user with the negatives they were asked about', () => {
    const { metrics, protocols, outcomes, counts } = reports.movie_predictor!;
    expect(Object.values(protocols).flatMap((protocol) => [...protocol.metrics])).toEqual(Object.keys(metrics));
    expect([outcomes.length, counts.ranked_users]).toEqual([60, 60]);
    expect(outcomes.every(({ movie_id, negatives }) => negatives.length > 0 && !negatives.includes(movie_id))).toBe(true);
  });

  test('ends soon after an abort', async () => {
    const cut = new AbortController();
    const slow = { ...oracle(1), scoreAll: (user: number | null) => (busyFor(5), oracle(1).scoreAll(user)) };
    setTimeout(() => cut.abort(new Error('cancelled')), 20);
    await expect(evaluateModel({ snapshot, model: slow, signal: cut.signal })).rejects.toThrow('cancelled');
  });
});

function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
