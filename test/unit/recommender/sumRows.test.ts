import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSummableTable, sumRows } from '../../../domain/recommender/numeric/sumRows.ts';

test.each([1, 4, 5, 11])('sums any number of rows of %i as one after the other would', (width) => {
  const table = Float32Array.from({ length: 7 * width }, (_, at) => at ** 2);
  const summable = createSummableTable(table, width);
  expect([...summable.values]).toEqual([...table]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 30 }), (rows) => {
      const expected = Array.from({ length: width }, (_, column) => rows.reduce((sum, row) => sum + table[row * width + column]!, 0));
      expect([...sumRows(table, width, rows)]).toEqual(expected);
      expect([...summable.sumRows(Int32Array.from(rows))]).toEqual(expected);
    }),
  );
});

test('sums more rows than are taken at once', () => {
  const rows = new Int32Array(3_000).map((_, at) => at % 2);
  expect([...createSummableTable(Float32Array.of(1, 2, 10, 20), 2).sumRows(rows)]).toEqual([16_500, 33_000]);
});
