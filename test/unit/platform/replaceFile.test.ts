import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBlobStore } from '../../../platform/blobs/createBlobStore.ts';
import { removeLeftovers, replaceFile } from '../../../platform/replaceFile.ts';
import { mountSmallDisk, removeSmallDisks } from '../../support/smallDisk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops files '));
});
afterEach(removeSmallDisks);
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A folder in which `run/weights.bin` cannot be written: its disk is full, or, where none can be mounted, a folder has its name. */
async function unwritable() {
  const disk = mountSmallDisk();
  const root = disk?.folder ?? folder;
  if (disk) disk.fill();
  else await mkdir(path.join(root, 'run', 'weights.bin', 'taken'), { recursive: true });
  return root;
}

test('a blob that cannot be written leaves nothing behind', async () => {
  const root = await unwritable();
  const before = (await readdir(root, { recursive: true })).filter((name) => name !== 'run');
  await expect(createBlobStore(`file:${root}`).put('run/weights.bin', Buffer.alloc(100_000))).rejects.toThrow(/ENOSPC|EISDIR|ENOTEMPTY/);
  expect((await readdir(root, { recursive: true })).filter((name) => name !== 'run')).toEqual(before);
});

test('a writer that fails leaves the old file, and nothing aside', async () => {
  const file = path.join(folder, 'popular.json');
  await writeFile(file, 'old');
  const fails = replaceFile(file, async (aside) => {
    await writeFile(aside, 'half of the n');
    throw new Error('the source broke off');
  });
  await expect(fails).rejects.toThrow('the source broke off');
  expect([await readdir(folder), await readFile(file, 'utf8')]).toEqual([['popular.json'], 'old']);
});

test('what killed writers left is removed wherever it lies; what is being written, and what others named, stays', async () => {
  const aside = (name: string) => `${name}.0b0e7c5a-4f6d-4d0c-9c3b-7a3f2f1d9e11.tmp`;
  const [left, fresh, ofOthers] = [path.join('trained', 'ab12', aside('weights.bin')), aside('movies.csv'), 'notes.tmp'];
  await mkdir(path.join(folder, 'trained', 'ab12'), { recursive: true });
  for (const name of [left, fresh, ofOthers]) await writeFile(path.join(folder, name), 'half');
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const name of [left, ofOthers]) await utimes(path.join(folder, name), longAgo, longAgo);
  expect(await removeLeftovers(folder)).toBe(1);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([fresh, ofOthers, 'trained', path.join('trained', 'ab12')].sort());
  expect(await removeLeftovers(path.join(folder, 'absent'))).toBe(0);
});

test('what lies behind a link out of the folder is none of its leftovers', async () => {
  const [own, others] = [path.join(folder, 'own'), path.join(folder, 'others')];
  const theirs = path.join(others, 'weights.bin.0b0e7c5a-4f6d-4d0c-9c3b-7a3f2f1d9e11.tmp');
  for (const made of [own, others]) await mkdir(made);
  await writeFile(theirs, 'half');
  await utimes(theirs, new Date(0), new Date(0));
  await symlink(others, path.join(own, 'link'));
  await symlink(own, path.join(own, 'round'));
  expect([await removeLeftovers(own), await readFile(theirs, 'utf8')]).toEqual([0, 'half']);
});
