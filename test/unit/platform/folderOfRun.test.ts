import { expect, test } from '@jest/globals';
import path from 'node:path';
import { folderOfRun } from '../../../platform/folderOfRun.ts';

test.each(['training/2026-11-23-a1', 'collection/nightly-2026-11-25T03:00:00Z', 'collection/a1/features', 'sweep/a1/trial-3'])(
  'the files of %s lie where its id says',
  (id) => expect(folderOfRun(id)).toBe(id),
);

test.each([
  '..',
  '../..',
  'training',
  'training/',
  '/training/a1',
  'training/../../x',
  'a b',
  '100%',
  '~/x',
  'ü/x',
  `x/${'y'.repeat(900)}`,
  'x'.repeat(1_000),
])('those of %s lie below the folder that all have, in none that holds another run, under a name that a disk takes', (id) => {
  const folder = folderOfRun(id);
  expect(path.join('runs', folder)).toMatch(/^runs\/~[0-9a-f]{64}$/);
  expect(folderOfRun(`${id}x`)).not.toBe(folder);
});
