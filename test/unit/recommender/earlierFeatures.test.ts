import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { earlierFeatures } from '../../../domain/recommender/data/earlierFeatures.ts';
import { earlierFeatures as naive } from '../../support/earlierFeatures.ts';
import { anyRows, interactionsOf, movieTable } from './samples.ts';

const MOVIES = movieTable(40);

describe('features as of each row, in memory', () => {
  test('are those of plain loops over the earlier rows', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const interactions = interactionsOf(rows);
        const [found, expected] = [earlierFeatures(interactions, MOVIES, () => true), naive(interactions, MOVIES)];
        expect(found.names).toEqual(expected.names);
        const rounded = (columns: readonly Float32Array[]) =>
          columns.map((column) => Array.from(column, (value) => Number(value.toFixed(3)) + 0));
        expect(rounded(found.columns)).toEqual(rounded(expected.columns));
      }),
    );
  });

  test('of any row are the same whatever the rating of a row that does not count', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const held = (row: number) => row % 3 === 0;
        const interactions = interactionsOf(rows);
        const changed = { ...interactions, rating: interactions.rating.map((value, row) => (held(row) ? 5.5 - value : value)) };
        const columns = [interactions, changed].map((of) => earlierFeatures(of, MOVIES, (row) => !held(row)).columns);
        expect(columns[1]).toEqual(columns[0]);
      }),
    );
  });
});
