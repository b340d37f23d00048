import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRanks } from '../../../domain/recommender/numeric/ranks.ts';

test('gives of each row the value that sorting it would bring to the place', () => {
  const score = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-1, 0, 1));
  const asked = fc
    .record({
      width: fc.integer({ min: 1, max: 20 }),
      rows: fc.integer({ min: 0, max: 9 }),
      values: fc.array(score, { minLength: 1, maxLength: 30 }),
    })
    .chain(({ width, rows, values }) =>
      fc.record({
        ...{ width: fc.constant(width), values: fc.constant(Float32Array.from(values)), place: fc.integer({ min: 0, max: width - 1 }) },
        positions: fc.array(fc.integer({ min: 0, max: values.length - 1 }), { minLength: rows * width, maxLength: rows * width }),
      }),
    );
  fc.assert(
    fc.property(asked, ({ width, values, place, positions }) => {
      const rank = createRanks({ rows: Int32Array.from(positions), width, place }, values.length);
      for (const given of [values, values.map((value) => -value)]) {
        const ranked = rank(given);
        for (let row = 0; row < positions.length / width; row += 1) {
          const sorted = Float32Array.from(positions.slice(row * width, (row + 1) * width), (at) => given[at]!).sort();
          expect(ranked[row]! + 0).toBe(sorted[place]! + 0);
        }
      }
    }),
  );
});
