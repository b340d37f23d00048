import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupByUser, hasMovie } from '../../../domain/recommender/data/interactions.ts';
import { sampleEpoch } from '../../../domain/recommender/models/neural_cf/sampling.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { anyRows, interactionsOf } from './samples.ts';

const source = (seed: number) => {
  const random = createRandom(seed);
  return { order: random, draws: random, passOver: 0 };
};

test('an epoch has every choice once, each with its negatives, none of which the user chose', () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 5 }), fc.nat(), (rows, negatives, seed) => {
      const chosen = interactionsOf(rows);
      const seen = groupByUser(chosen);
      const positives: string[] = [];
      let wrong = 0;
      let samples = 0;
      for (const { users, movies, labels, size } of sampleEpoch(chosen, seen, negatives, 16, source(seed))) {
        samples += size;
        for (let row = 0; row < size; row += 1) {
          if (labels[row] === 1) positives.push(`${chosen.users.ids[users[row]!]} ${chosen.movies.ids[movies[row]!]}`);
          else if (hasMovie(seen, users[row]!, movies[row]!)) wrong += 1;
        }
      }
      expect(samples).toBe(rows.length * (1 + negatives));
      expect(positives.sort()).toEqual(rows.map(({ user, movie }) => `${user} ${movie}`).sort());
      expect(wrong).toBe(0);
    }),
  );
});
