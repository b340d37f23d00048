import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAdam } from '../../../domain/recommender/learning/adam.ts';
import { averageLengths, createMovingAverage } from '../../../domain/recommender/models/sasrec/movingAverage.ts';

test('each step weighs 0.998 as much as the next, and together they weigh 1', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });
  const walk = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(lengths, walk, (sizes, values) => {
      const given = Object.fromEntries(sizes.map((size, nth) => [`w${nth}`, { shape: [size], values: new Float32Array(size) }]));
      const adam = createAdam(given, averageLengths(given), {});
      const average = createMovingAverage(adam);
      const valueAt = (step: number, place: number) => values[step]! + place;
      values.forEach((_, step) => {
        for (const { values: live } of Object.values(adam.weights)) live.forEach((_old, place) => (live[place] = valueAt(step, place)));
        average.update(step + 1);
      });
      const shares = values.map((_, step) => 0.998 ** (values.length - 1 - step));
      const all = shares.reduce((sum, share) => sum + share, 0);
      for (const { values: averaged } of Object.values(average.copy()))
        averaged.forEach((value, place) => {
          const wanted = shares.reduce((sum, share, step) => sum + share * valueAt(step, place), 0) / all;
          expect(value).toBeCloseTo(wanted, 3);
        });
    }),
  );
});
