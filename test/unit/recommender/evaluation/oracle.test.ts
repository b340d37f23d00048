import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SPLIT_KINDS } from '../../../../contracts/training.ts';
import { metricsOf } from '../../../../domain/recommender/evaluation/metricTables.ts';
import { answerQuestions } from '../../../../domain/recommender/evaluation/outcomes.ts';
import { prepareQuestions } from '../../../../domain/recommender/evaluation/questions.ts';
import { createRandom } from '../../../../domain/recommender/numeric/random.ts';
import { createSnapshot } from '../../../../domain/recommender/data/snapshot.ts';
import { TEST, TRAIN } from '../../../../domain/recommender/data/split.ts';
import { anyRows, interactionsOf, movieTable } from '../samples.ts';
import { scoring, signal } from './judged.ts';

const LEVELS = 5;
/** A score for each pair, with many ties. */
const scoreOf = (user: number, movie: number, seed: number) => createRandom(seed + 1000 * user + movie).below(LEVELS);

test('every metric is what plain loops over the rows say', async () => {
  await fc.assert(
    fc.asyncProperty(anyRows, fc.nat(1000), fc.constantFrom(...SPLIT_KINDS), async (rows, seed, split) => {
      const snapshot = createSnapshot(interactionsOf(rows), movieTable(40), seed, split);
      const { interactions } = snapshot;
      const model = scoring(interactions, (user) => Float32Array.from({ length: 40 }, (_, movie) => scoreOf(user!, movie, seed)), {
        rate: (user, movies) => ({
          expected: Float32Array.from(movies, (movie) => 1 + scoreOf(user ?? 99, movie, seed)),
          likeliest: Float32Array.from(movies, (movie) => 1 + scoreOf(user ?? 99, movie, seed)),
        }),
      });
      const questions = prepareQuestions(snapshot);
      const { outcomes } = await answerQuestions(questions, model, signal);
      const found = metricsOf(questions, outcomes);
      for (const [name, figure] of Object.entries(naive(snapshot, questions.ranking, seed))) expect(found[name]).toBeCloseTo(figure, 5);
    }),
    { numRuns: 40 },
  );
});

type Given = Parameters<typeof prepareQuestions>[0];

function naive(
  { interactions, rankingSplit, ratingSplit }: Given,
  negativesOf: ReturnType<typeof prepareQuestions>['ranking'],
  seed: number,
) {
  const rows = Array.from(interactions.userIndex, (user, row) => ({
    user,
    movie: interactions.movieIndex[row]!,
    rating: interactions.rating[row]!,
    rank: rankingSplit[row]!,
    rate: ratingSplit[row]!,
  }));
  const perUser = [...new Set(rows.map(({ user }) => user))].flatMap((user) => {
    const own = rows.filter((row) => row.user === user);
    const test = own.filter(({ rank }) => rank === TEST).map(({ movie }) => movie);
    if (test.length === 0 || !own.some(({ rank }) => rank === TRAIN)) return [];
    if (rows.every(({ movie }) => own.some((row) => row.movie === movie))) return []; // nothing to be ranked against
    const seen = new Set(own.filter(({ rank }) => rank !== TEST).map(({ movie }) => movie));
    const candidates = [...new Set(rows.map(({ movie }) => movie))].filter((movie) => !seen.has(movie));
    const score = (movie: number) => scoreOf(user, movie, seed);
    // The worst order that the scores allow: with equal scores, what is held out stands last.
    const worst = candidates.toSorted((a, b) => score(b) - score(a) || Number(test.includes(a)) - Number(test.includes(b)));
    const ranks = worst.flatMap((movie, place) => (test.includes(movie) ? [place] : []));
    const { negatives } = negativesOf.find((question) => question.user === user)!;
    const sampled = [...negatives].filter((other) => score(other) >= score(test[0]!)).length;
    const dcg = (places: number[]) => places.filter((place) => place < 10).reduce((sum, place) => sum + 1 / Math.log2(place + 2), 0);
    return [
      {
        hr_at_10: sampled < 10 ? 1 : 0,
        ndcg_at_10: dcg([sampled]),
        recall_at_10: ranks.filter((rank) => rank < 10).length / test.length,
        recall_at_20: ranks.filter((rank) => rank < 20).length / test.length,
        hit_at_10: ranks.some((rank) => rank < 10) ? 1 : 0,
        mrr_at_10: ranks[0]! < 10 ? 1 / (ranks[0]! + 1) : 0,
        full_ndcg_at_10: dcg(ranks) / dcg(test.map((_, place) => place)),
      },
    ];
  });
  const figures: Record<string, number> = {};
  for (const name of Object.keys(perUser[0] ?? {}) as (keyof (typeof perUser)[0])[]) {
    figures[name] = perUser.reduce((sum, user) => sum + user[name], 0) / perUser.length;
  }
  const rated = rows.filter(({ rate, rating }) => rate === TEST && !Number.isNaN(rating));
  if (rated.length === 0) return figures;
  const errors = rated.map(({ user, movie, rating }) => 1 + scoreOf(user, movie, seed) - rating);
  figures['rmse'] = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  figures['mae'] = errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
  figures['accuracy'] = errors.filter((error) => error === 0).length / errors.length;
  return figures;
}
