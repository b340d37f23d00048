import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPlace, pooledName, readPart, readPooled, writePart, writePooled } from '../../../domain/backup/place.ts';
import { createBlobStore } from '../../../platform/blobs/createBlobStore.ts';
import { sha256 } from '../../../platform/sha256.ts';

const KEY = 'a key of this test alone, 32 and more';
const CONTENT = Buffer.from('1\tToy Story\n'.repeat(1_000));
const { signal } = new AbortController();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops place '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function* chunks(content = CONTENT) {
  yield content;
}
async function drained(content: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = content[Symbol.asyncIterator]();
  while (!(await iterator.next()).done);
}
const placeWith = (key?: string) => openPlace(createBlobStore(`file:${folder}`), key);
async function flip(name: string, at: number) {
  const bytes = await readFile(path.join(folder, name));
  bytes[at]! ^= 1;
  await writeFile(path.join(folder, name), bytes);
}

test('with a key nothing that is written can be read without it', async () => {
  const place = placeWith(KEY);
  await writePart(place, 'part', chunks(), signal);
  const name = pooledName(place, sha256(CONTENT));
  await writePooled(place, name, chunks());
  for (const file of ['part', name]) {
    const bytes = await readFile(path.join(folder, file));
    expect(bytes.subarray(0, 15).toString()).toBe('mlops-backup-1\n');
    expect(bytes.includes('Toy Story')).toBe(false);
  }
});

test.each([
  ['a byte of its head that gunzip does not look at', () => flip('part', 4)],
  ['another part in its place', async () => void (await writePart(placeWith(), 'part', chunks(Buffer.from('2\tJumanji\n')), signal))],
])('without a key a part is known by its hash: %s', async (_, damage) => {
  const part = await writePart(placeWith(), 'part', chunks(), signal);
  await readPart(placeWith(), part, drained, signal);
  await damage();
  await expect(readPart(placeWith(), part, drained, signal)).rejects.toMatchObject({ type: 'SourceCorrupt' });
});

test('without a key a file of the blob store is known by its hash', async () => {
  const [place, hash] = [placeWith(), sha256(CONTENT)];
  const name = pooledName(place, hash);
  await writePooled(place, name, chunks());
  await readPooled(place, { name, sha256: hash }, drained);
  await flip(name, 5);
  await expect(readPooled(place, { name, sha256: hash }, drained)).rejects.toMatchObject({ type: 'SourceCorrupt' });
});
