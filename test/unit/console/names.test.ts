import { expect, test } from '@jest/globals';
import { piecesOf } from '../../../console/names.ts';

test('a name is broken behind what stands between its parts, and nowhere else', () => {
  expect(piecesOf('movie_predictor')).toEqual(['movie_', 'predictor']);
  expect(piecesOf('movie_features:rating_count,')).toEqual(['movie_', 'features:', 'rating_', 'count,']);
  expect(piecesOf('training/start-2026__x')).toEqual(['training/', 'start-', '2026__', 'x']);
  expect([piecesOf('ials'), piecesOf('')]).toEqual([['ials'], []]);
});

test('a long text is left as it is, and none loses a letter', () => {
  const long = 'a_'.repeat(5_000);
  expect(piecesOf(long)).toEqual([long]);
  for (const name of ['_a', 'a_', '/:/', 'مرحبا_x', '🎬/🎬']) expect(piecesOf(name).join('')).toBe(name);
});
