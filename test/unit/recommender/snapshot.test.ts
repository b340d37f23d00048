import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { createSnapshot, hashSnapshot } from '../../../domain/recommender/data/snapshot.ts';
import { readSnapshot, writeSnapshot } from '../../../domain/recommender/data/snapshotFiles.ts';
import { createVocabulary } from '../../../domain/recommender/data/interactions.ts';
import { movieRows } from '../../../domain/recommender/data/snapshotRows.ts';
import { writeParquet } from '../../../platform/parquet.ts';
import { createBlobStore } from '../../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../../platform/blobs/store.ts';
import { anyRows, interactionsOf, movieTable, tasteSnapshot } from './samples.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
let folder: string;
let blobs: BlobStore;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'snapshots '));
  blobs = createBlobStore(`file:${folder}`);
});
afterAll(() => rm(folder, { recursive: true }));

const plain = (snapshot: unknown) =>
  JSON.parse(
    JSON.stringify(snapshot, (_, value: unknown) => (ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value)),
  ) as unknown;

describe('a snapshot', () => {
  test('is read as it was written, with ratings and years that are missing', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.integer({ min: 0, max: 99 }), async (rows, seed) => {
        const snapshot = createSnapshot(
          interactionsOf(rows.map((row) => (row.movie < '2' ? { ...row, rating: Number.NaN } : row))),
          movieTable(40),
          seed,
        );
        const read = await readSnapshot(blobs, await writeSnapshot(blobs, snapshot));
        expect(plain(read)).toEqual(plain(snapshot));
      }),
      { numRuns: 5 },
    );
  });

  test('has one name and one content, whatever order its rows came in; another seed makes another', async () => {
    const { interactions, movies } = tasteSnapshot();
    const write = (seed: number) => writeSnapshot(blobs, createSnapshot(interactions, movies, seed));
    const [first, again, other] = [await write(1), await write(1), await write(2)];
    expect(again).toEqual(first);
    expect(other.snapshot_id).not.toBe(first.snapshot_id);
    const bytes = await blobs.get(`${first.uri}/interactions.parquet`);
    await blobs.remove(first.uri);
    await write(1);
    expect((await blobs.get(`${first.uri}/interactions.parquet`)).equals(bytes)).toBe(true);
  });

  test('has one name, whichever bits stand for a missing number', () => {
    const { interactions, movies } = tasteSnapshot();
    const [first, second] = [0x7fc00000, -0x400000].map((bits) => {
      const rating = interactions.rating.slice();
      new Int32Array(rating.buffer)[3] = bits;
      return hashSnapshot(createSnapshot({ ...interactions, rating }, movies, 1));
    });
    expect(second).toBe(first);
  });

  test('of nothing is refused', () => {
    expect(() => createSnapshot(interactionsOf([]), movieTable(3), 1)).toThrow(expect.objectContaining({ type: 'EmptyDataset' }));
  });

  test('that has gone, or is another than its name says, is reported as missing', async () => {
    const ref = await writeSnapshot(blobs, tasteSnapshot({ seed: 11 }));
    const other = await writeSnapshot(blobs, tasteSnapshot({ seed: 12 }));
    await expect(readSnapshot(blobs, { ...ref, snapshot_id: other.snapshot_id })).rejects.toMatchObject({ type: 'SnapshotMissing' });
    await blobs.remove(`${ref.uri}/movies.parquet`);
    await expect(readSnapshot(blobs, ref)).rejects.toMatchObject({
      type: 'SnapshotMissing',
      message: expect.stringContaining('movies.parquet'),
    });
  });

  describe('that is not what was written is refused with the file, and the row or the column:', () => {
    const put = (uri: string, name: string, content: Uint8Array) => blobs.put(`${uri.slice('blob:'.length)}/${name}`, content);
    const corrupt = (words: string | RegExp) => ({ type: 'SnapshotCorrupt', message: expect.stringMatching(words) as unknown });

    test('whichever byte was flipped', async () => {
      const snapshot = tasteSnapshot({ seed: 21 });
      const ref = await writeSnapshot(blobs, snapshot);
      for (const name of ['interactions.parquet', 'movies.parquet']) {
        const whole = await blobs.get(`${ref.uri}/${name}`);
        for (let at = 0; at < whole.length; at += 41) {
          const flipped = Buffer.from(whole);
          flipped[at]! ^= 0x04;
          await put(ref.uri, name, flipped);
          const read = await readSnapshot(blobs, ref).catch((error: Error & { type?: string }) => error);
          // A byte of what nobody reads, such as of the statistics, changes nothing.
          if (read instanceof Error) expect(read).toMatchObject(corrupt(new RegExp(`(interactions|movies).parquet`)));
          else expect(plain(read)).toEqual(plain(snapshot));
        }
        await put(ref.uri, name, whole);
      }
    });

    test('a movie that the catalogue lacks', async () => {
      const ref = await writeSnapshot(blobs, tasteSnapshot({ seed: 22 }));
      const { movies } = await readSnapshot(blobs, ref);
      const ids = movies.vocabulary.ids.map((id) => `other ${id}`);
      const other = await writeParquet('movies.parquet', movieRows({ ...movies, vocabulary: createVocabulary(ids) }));
      await put(ref.uri, 'movies.parquet', other);
      await expect(readSnapshot(blobs, ref)).rejects.toMatchObject(
        corrupt(/interactions.parquet, row 0, movie_id: movie "\d+" of user "[^"]+" is not in movies.parquet/),
      );
    });

    test('a column with other values', async () => {
      const ref = await writeSnapshot(blobs, tasteSnapshot({ seed: 23 }));
      const { movies } = await readSnapshot(blobs, ref);
      const titles = movies.titles.map((title, at) => (at === 1 ? `${title}.` : title));
      await put(ref.uri, 'movies.parquet', await writeParquet('movies.parquet', movieRows({ ...movies, titles })));
      await expect(readSnapshot(blobs, ref)).rejects.toMatchObject(corrupt('not what was written in movies.parquet title'));
    });

    test.each(['', '{', '{"format":1}', 'null'])('the manifest %j', async (manifest) => {
      const ref = await writeSnapshot(blobs, tasteSnapshot({ seed: 24 }));
      await put(ref.uri, 'manifest.json', Buffer.from(manifest));
      await expect(readSnapshot(blobs, ref)).rejects.toMatchObject(corrupt('manifest.json'));
    });

    test('and the next training writes it anew', async () => {
      const snapshot = tasteSnapshot({ seed: 25 });
      const ref = await writeSnapshot(blobs, snapshot);
      await put(ref.uri, 'interactions.parquet', (await blobs.get(`${ref.uri}/interactions.parquet`)).subarray(0, -9));
      await expect(readSnapshot(blobs, ref)).rejects.toMatchObject(corrupt('interactions.parquet'));
      await writeSnapshot(blobs, snapshot);
      expect(plain(await readSnapshot(blobs, ref))).toEqual(plain(snapshot));
    });
  });

  test('with a value that no file can give back is refused before a training begins, with its row', async () => {
    const rows = [0, 1, 2].map((at) => ({ user: at === 1 ? 'half \ud83d' : `u${at}`, movie: '1', rating: 3, at }));
    await expect(writeSnapshot(blobs, createSnapshot(interactionsOf(rows), movieTable(40), 1))).rejects.toMatchObject({
      type: 'ValueNotKept',
      message:
        'interactions.parquet cannot hold row 0 (user_id "half \\ud83d", movie_id "1"): its user_id is read back as "half \\ufffd". ' +
        'Change or delete that row where it comes from',
    });
  });
});
