import { describe, expect, test } from '@jest/globals';
import { isBlobUri } from '../../../contracts/blobUri.ts';
import { modelTrainingInputSchema } from '../../../contracts/training.ts';

const inputOf = (dataset: object) => ({
  dataset: { snapshot_id: 'ab', uri: 'blob:snapshots/ab', interactions: 2, users: 1, movies: 2, ...dataset },
  spec: { kind: 'popularity' },
  experiment: 'x',
  gate: {},
  resources: {},
});
const fieldsAtFault = (dataset: object) =>
  modelTrainingInputSchema.safeParse(inputOf(dataset)).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('a training that somebody starts by hand', () => {
  test.each([
    'blob:../../etc/passwd',
    'blob:snapshots/../../x',
    'blob:/etc',
    '/etc/passwd',
    'file:/etc',
    'blob:',
    'blob:.',
    'blob:a/',
    'blob:a\\..\\b',
  ])('may not read %s, which lies outside the store, and hears so before its first step', (uri) =>
    expect(fieldsAtFault({ uri })).toEqual(['dataset.uri']),
  );

  test.each(['..', '.', '../x', 'a/b', ''])('may not name a snapshot %j', (snapshot_id) =>
    expect(fieldsAtFault({ snapshot_id })).toEqual(['dataset.snapshot_id']),
  );

  test.each(['blob:snapshots/ab', 'blob:trained/neural_cf/ab.cd/..weights', `blob:snapshots/${'ab'.repeat(32)}`])('may read %s', (uri) => {
    expect(fieldsAtFault({ uri })).toEqual([]);
    expect(isBlobUri(uri)).toBe(true);
  });
});
