import { expect, test } from '@jest/globals';
import { runNameParts } from '../../../console/runName.ts';

test('runs that one training made are told apart by the end of their names', () => {
  const names = ['neural_cf', 'ials', 'movie_predictor'].map((model) => `training/start-2026-11-30T16:40:00Z/${model}`);
  expect(names.map((name) => runNameParts(name).own)).toEqual(['neural_cf', 'ials', 'movie_predictor']);
  expect(runNameParts(names[0]!).of).toBe('training/start-2026-11-30T16:40:00Z');
});

test('a name that is no path of a run stays whole', () => {
  for (const name of ['nightly', 'sweep/s1', 'lr=0.1/', 'a/b/', '']) expect(runNameParts(name)).toEqual({ own: name, of: '' });
});
