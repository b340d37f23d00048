import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolder, makeFolderSync } from '../../../platform/makeFolder.ts';

const NOWHERE = path.join(path.sep, 'proc', 'nowhere', 'at', 'all');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'folders '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('folders above it are made too, by several at once and once more', async () => {
  const wanted = path.join(folder, 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(wanted)));
  await makeFolder(wanted);
  makeFolderSync(path.join(wanted, 'd', 'e'));
  makeFolderSync(wanted);
  expect(await readdir(path.dirname(wanted))).toEqual(['c']);
});

test('a mode is that of each folder made', async () => {
  const wanted = path.join(folder, 'own', 'of one');
  await makeFolder(wanted, { mode: 0o700 });
  const modes = await Promise.all([wanted, path.dirname(wanted)].map(async (place) => (await stat(place)).mode & 0o777));
  expect(modes).toEqual([0o700, 0o700]);
});

test('a file that is in the way is told', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(path.join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(() => makeFolderSync(file)).toThrow(/EEXIST/);
});

test('a folder in which none can be made refuses at once, where Node would go round for ever', async () => {
  await expect(makeFolder(NOWHERE)).rejects.toThrow(/proc/);
  expect(() => makeFolderSync(NOWHERE)).toThrow(/proc/);
});
