import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPicker, encodeValues } from '../../../domain/features/online/encoding.ts';
import type { Feature, FeatureType } from '../../../domain/features/views/view.ts';

const feature = (name: string, type: FeatureType): Feature => ({ name, type, description: '', provenance: 'platform' });
const FEATURES = [
  feature('price', 'float64'),
  feature('count', 'int64'),
  feature('name', 'string'),
  feature('prices', 'float64_list'),
  feature('names', 'string_list'),
];

test('whatever was encoded is picked again by name, in any order, and what is not there is undefined', () => {
  // JSON has no −0; it is encoded as 0, which it equals.
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  const values = fc.record({
    price: fc.option(number),
    count: fc.option(fc.maxSafeInteger()),
    name: fc.option(fc.string({ unit: 'grapheme-composite' })),
    prices: fc.option(fc.array(number)),
    names: fc.option(fc.array(fc.string())),
  });
  const names = fc.shuffledSubarray([...FEATURES.map(({ name }) => name), 'unknown']);
  fc.assert(
    fc.property(fc.array(values), names, (rows, asked) => {
      const pick = createPicker(asked);
      for (const row of rows) {
        const picked = pick(encodeValues(FEATURES, row)).map((json) => (json === undefined ? undefined : (JSON.parse(json) as unknown)));
        expect(picked).toEqual(asked.map((name) => (name === 'unknown' ? undefined : (row as Record<string, unknown>)[name])));
      }
    }),
  );
});

test('rows that hold other features than the row before, or none, are picked by their own names', () => {
  const pick = createPicker(['name', 'price']);
  const rows = [FEATURES, FEATURES.slice(0, 1), [], FEATURES.slice(1, 3), FEATURES];
  expect(rows.map((features) => pick(encodeValues(features, { price: 4, count: 1, name: 'a\u001f\n', prices: [], names: [] })))).toEqual([
    ['"a\\u001f\\n"', '4.0'],
    [undefined, '4.0'],
    [undefined, undefined],
    ['"a\\u001f\\n"', undefined],
    ['"a\\u001f\\n"', '4.0'],
  ]);
});

test('fractions keep their point, and what JSON has no number for is a word, as in protobuf', () => {
  const pick = createPicker(['price', 'prices']);
  expect([0, -2, 1e21, NaN, Infinity].map((price) => pick(encodeValues(FEATURES, { price, prices: [price, 0.5] })))).toEqual([
    ['0.0', '[0.0,0.5]'],
    ['-2.0', '[-2.0,0.5]'],
    ['1e+21', '[1e+21,0.5]'],
    ['"NaN"', '["NaN",0.5]'],
    ['"Infinity"', '["Infinity",0.5]'],
  ]);
});
