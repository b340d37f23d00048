import { describe, expect, test } from '@jest/globals';
import type { SpecOf } from '../../../contracts/models.ts';
import { createParameters, type Parameters } from '../../../domain/recommender/models/neural_cf/parameters.ts';
import { createScorer } from '../../../domain/recommender/models/neural_cf/scorer.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { smallSpec, tf } from './training.ts';

const [USERS, MOVIES] = [7, 40];

/** Number by number, as the paper writes it (He et al. 2017, "Neural Collaborative Filtering"). */
function scoreOf({ dim, users, movies, movieBias, userBias, tower, output }: Parameters, user: number, movie: number): number {
  const half = (values: Float32Array, row: number, from: number) => [...values.subarray(row * 2 * dim + from, row * 2 * dim + from + dim)];
  let below = [...half(users.values, user, dim), ...half(movies.values, movie, dim)];
  for (const { kernel, bias } of tower) {
    const units = bias.values.length;
    below = Array.from(bias.values, (start, unit) =>
      Math.max(
        0,
        below.reduce((sum, value, input) => sum + value * kernel.values[input * units + unit]!, start),
      ),
    );
  }
  const product = half(users.values, user, 0).map((value, d) => value * half(movies.values, movie, 0)[d]!);
  const weighted = [...product, ...below].reduce((sum, value, at) => sum + value * output.kernel.values[at]!, output.bias.values[0]!);
  return weighted + movieBias.values[movie]! + (userBias?.values[user] ?? 0);
}

/** Nothing is zero, so that each bias counts. */
function parametersOf(hidden_units: number[], objective: 'ranking' | 'rating'): Parameters {
  const random = createRandom(3, 1);
  const parameters = createParameters(smallSpec('neural_cf', { hidden_units, objective }) as SpecOf<'neural_cf'>, USERS, MOVIES, random);
  const { tower, output, movieBias, userBias, users, movies } = parameters;
  for (const { values } of [...tower.map(({ bias }) => bias), output.bias, movieBias, users, movies, ...(userBias ? [userBias] : [])])
    values.forEach((_, at) => (values[at] = Math.sin(at + values.length)));
  return parameters;
}

describe.each([
  [[8], 'ranking' as const],
  [[16, 8], 'ranking' as const],
  [[16, 8, 4], 'rating' as const],
])('neural_cf with layers of %j that learnt by %s', (layers, objective) => {
  const parameters = parametersOf(layers, objective);
  const scorer = createScorer(tf, parameters);

  test('scores all movies of a user as the formula says', () => {
    for (const user of [0, 3, USERS - 1]) {
      const scores = scorer.scoreAll(user);
      expect(scores).toHaveLength(MOVIES);
      scores.forEach((score, movie) => expect(score).toBeCloseTo(scoreOf(parameters, user, movie), 3));
    }
  });

  test('scores pairs of several users as it scores all movies of each', () => {
    const users = Int32Array.of(5, 0, 5, 6, 2);
    const movies = Int32Array.of(1, 1, MOVIES - 1, 0, 20);
    scorer.scorePairs(users, movies).forEach((score, pair) => expect(score).toBeCloseTo(scorer.scoreAll(users[pair]!)[movies[pair]!]!, 4));
    expect(scorer.scorePairs(new Int32Array(), new Int32Array())).toHaveLength(0);
  });
});
