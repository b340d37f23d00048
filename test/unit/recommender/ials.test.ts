import { expect, test } from '@jest/globals';
import { modelSpecSchema } from '../../../contracts/models.ts';
import type { TrainingProgress } from '../../../contracts/training.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { unpackModel } from '../../../domain/recommender/model/modelParts.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext } from './training.ts';

const data = trainingDataOf(tasteSnapshot({ users: 30 }));
const fit = async (given: object = {}, onProgress: (progress: TrainingProgress) => void = () => undefined) =>
  (await modelKind('ials').fit(modelSpecSchema.parse({ kind: 'ials', embedding_dim: 8, ...given }), data, fitContext({ onProgress })))
    .model;

const SOLVERS = ['conjugate_gradient', 'cholesky'] as const;

test.each(SOLVERS.flatMap((solver) => [0.001, 0.1, 10].map((l2) => ({ solver, l2 }))))(
  'the loss never rises: $solver, λ $l2',
  async (given) => {
    const { losses } = unpackModel((await fit({ ...given, epochs: 25 })).save(), 'ials');
    expect(losses).toHaveLength(25);
    losses.slice(1).forEach((loss, epoch) => expect(loss).toBeLessThanOrEqual(losses[epoch]! * (1 + 1e-5)));
  },
);

test('solved by Cholesky, each user’s factors are where the loss is least: no step along any factor lowers it', async () => {
  const spec = { l2: 0.05, unobserved_weight: 0.2, epochs: 3, solver: 'cholesky' };
  const { weights } = unpackModel((await fit(spec)).save(), 'ials');
  const [users, movies, learnt] = [weights['users']!, weights['movies']!.values, [...weights['learnt']!.values]];
  const user = 3;
  const chosen = new Set([...data.chosen.movieIndex].filter((_, row) => data.chosen.userIndex[row] === user));
  const loss = (factors: Float32Array) => {
    let sum = spec.l2 * (chosen.size + spec.unobserved_weight * learnt.length) * factors.reduce((square, value) => square + value ** 2, 0);
    learnt.forEach((movie, row) => {
      const score = factors.reduce((dot, value, d) => dot + value * movies[row * 8 + d]!, 0);
      sum += spec.unobserved_weight * score ** 2 + (chosen.has(movie) ? (1 - score) ** 2 : 0);
    });
    return sum;
  };
  const factors = users.values.slice(user * 8, (user + 1) * 8);
  const least = loss(factors);
  for (let d = 0; d < 8; d += 1) {
    for (const step of [-0.02, 0.02]) expect(loss(factors.map((value, at) => (at === d ? value + step : value)))).toBeGreaterThan(least);
  }
});

test.each(SOLVERS)('somebody it has never met is answered like the user who chose the same: %s', async (solver) => {
  const model = await fit({ solver, epochs: 20 });
  for (const [user, userId] of data.chosen.users.ids.entries()) {
    const history = [...data.chosen.movieIndex]
      .filter((_, row) => data.chosen.userIndex[row] === user)
      .map((movie) => data.chosen.movies.ids[movie]!);
    const known = model.recommend({ userId, k: 40 });
    const folded = model.recommend({ userId: 'stranger', history, k: 40 });
    known.forEach(({ movieId, score }) => expect(folded.find((other) => other.movieId === movieId)!.score).toBeCloseTo(score, 3));
    expect(folded.slice(0, 5).map(({ movieId }) => movieId)).toEqual(known.slice(0, 5).map(({ movieId }) => movieId));
  }
});
