import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { highest } from '../../../domain/recommender/numeric/topK.ts';

test('gives what sorting everything would give, ties in ascending position', () => {
  const values = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 });
  fc.assert(
    fc.property(values, fc.integer({ min: -1, max: 70 }), (numbers, k) => {
      const scores = Float32Array.from(numbers);
      const isOut = (position: number) => position % 3 === 0;
      const sorted = numbers.map((_, position) => position).filter((position) => !isOut(position));
      sorted.sort((a, b) => numbers[b]! - numbers[a]! || a - b);
      expect(highest(scores, k, isOut)).toEqual(sorted.slice(0, Math.max(0, k)));
    }),
  );
});
