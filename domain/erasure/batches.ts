import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import { folderOfRun } from '../../platform/folderOfRun.ts';
import type { Pool } from '../../platform/postgres.ts';
import { BATCH_MANIFEST } from '../recommender/batch/batchFolder.ts';
import { readBatchPart, writeBatchPart } from '../recommender/batch/batchTable.ts';
import { readUserColumn } from './learnt.ts';
import type { Pass, Store } from './store.ts';

const PART = /^(runs\/.+\/recommendations)\/part-\d+\.parquet$/;

/** What users were recommended by batches: the parts of the tables are written anew without the user's rows. */
export const createBatchStore = (blobs: BlobStore): Store => ({
  async erase({ userId }, pass) {
    if (!pass.isLast) return 0; // a batch that goes on reads its parts
    let gone = 0;
    for await (const key of partsWith(blobs, userId, pass)) gone += await rewritePart(blobs, key, userId);
    return gone;
  },
  async look({ userId }, pass) {
    let count = 0;
    for await (const key of partsWith(blobs, userId, pass)) count += (await rowsOf(blobs, key, userId)).length;
    return { count };
  },
});

/** Keys of all parts of tables that batches made. */
export async function* batchParts(blobs: BlobStore): AsyncGenerator<string> {
  for await (const { key } of blobs.walk(blobs.uriOf('runs'))) if (PART.test(key)) yield key;
}

export async function* partsWith(
  blobs: BlobStore,
  userId: string,
  { signal, onProgress }: Pick<Pass, 'signal' | 'onProgress'>,
): AsyncGenerator<string> {
  for await (const key of batchParts(blobs)) {
    signal.throwIfAborted();
    onProgress({ part: key });
    for await (const users of readUserColumn(blobs, key)) {
      if (!users.includes(userId)) continue;
      yield key;
      break;
    }
  }
}

/** A user's rows of a part. */
export const rowsOf = async (blobs: BlobStore, key: string, userId: string) =>
  (await readBatchPart(await blobs.get(blobs.uriOf(key)))).filter((row) => row.user_id === userId);

async function rewritePart(blobs: BlobStore, key: string, userId: string): Promise<number> {
  const rows = await readBatchPart(await blobs.get(blobs.uriOf(key)));
  const left = rows.filter((row) => row.user_id !== userId);
  await blobs.put(key, await writeBatchPart(left));
  await countAnew(blobs, PART.exec(key)![1]!, key, rows.length - left.length);
  return rows.length - left.length;
}

interface Counted {
  rows: number;
  users: number;
}

/** The manifest tells how many rows there are. */
async function countAnew(blobs: BlobStore, folder: string, part: string, fewer: number): Promise<void> {
  const uri = blobs.uriOf(`${folder}/${BATCH_MANIFEST}`);
  const file = await blobs.get(uri).catch((error: unknown) => {
    if (error instanceof BlobMissing) return undefined;
    throw error;
  });
  if (!file) return;
  const manifest = JSON.parse(file.toString()) as Counted & { parts: (Counted & { part: string })[] };
  for (const one of [manifest, ...manifest.parts.filter((other) => other.part === part)]) {
    one.rows -= fewer;
    one.users -= 1;
  }
  await blobs.put(`${folder}/${BATCH_MANIFEST}`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
}

const CHECKPOINT = /^runs\/(.+)\/checkpoints\//;

/**
 * Where trainings that came to no end stood: weights, with a row for each user of their snapshot, in its order. With the snapshot gone nothing goes on from them.
 */
export const createCheckpointStore = ({ pool, blobs }: { pool: Pool; blobs: BlobStore }): Store => {
  async function leftovers(before: Date): Promise<string[]> {
    const { rows } = await pool.query<{ run_id: string }>(`select run_id from runs where state in ('queued', 'running')`);
    const open = rows.map(({ run_id }) => folderOfRun(run_id));
    const folders = new Set<string>();
    for await (const { key, modifiedAt } of blobs.walk(blobs.uriOf('runs'))) {
      const run = CHECKPOINT.exec(key)?.[1];
      if (run === undefined || modifiedAt > before || open.some((one) => run === one || run.startsWith(`${one}/`))) continue;
      folders.add(`runs/${run}/checkpoints`);
    }
    return [...folders];
  }
  return {
    async erase({ before }, { isLast }) {
      if (!isLast) return 0;
      const folders = await leftovers(before);
      for (const folder of folders) await blobs.remove(blobs.uriOf(folder));
      return folders.length;
    },
    look: async ({ before }) => ({ count: (await leftovers(before)).length }),
  };
};
