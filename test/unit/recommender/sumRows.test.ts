import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sumRows } from '../../../domain/recommender/numeric/sumRows.ts';

test('sums any number of rows as one after the other would', () => {
  const table = Float32Array.from({ length: 7 * 5 }, (_, at) => at ** 2);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 20 }), (rows) => {
      const expected = Array.from({ length: 5 }, (_, column) => rows.reduce((sum, row) => sum + table[row * 5 + column]!, 0));
      expect([...sumRows(table, 5, rows)]).toEqual(expected);
    }),
  );
});
