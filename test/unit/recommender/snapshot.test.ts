import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { createSnapshot, hashSnapshot } from '../../../domain/recommender/snapshot.ts';
import { readSnapshot, writeSnapshot } from '../../../domain/recommender/snapshotFiles.ts';
import { createBlobStore, type BlobStore } from '../../../platform/blobs.ts';
import { anyRows, interactionsOf, movieTable, tasteSnapshot } from './samples.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
jest.setTimeout(60_000);

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
});
