import { CHAMPION } from '../../contracts/models.ts';
import { BlobMissing, type BlobStore, type OpenBlob } from '../../platform/blobs/store.ts';
import { createParquetReader, type ParquetSource } from '../../platform/parquet.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { forgetInSnapshot } from '../recommender/data/forgetInSnapshot.ts';
import { readSnapshot, snapshotFolder, writeSnapshot } from '../recommender/data/snapshotFiles.ts';
import { forgetUser, holdsUser } from '../recommender/model/forgetUser.ts';
import { readModelFolder, writeModelFolder } from '../recommender/training/modelFolder.ts';
import { countAll, isAny, type Pass, type Store, type Whose } from './store.ts';

interface Learnt {
  readonly pool: Pool;
  readonly blobs: BlobStore;
}

/**
 * What trainings learnt from. A snapshot that a champion was trained on is written anew without the user, since it tells for the next challenger what the champion knew;
 * all others are removed: docs/decisions/erasure.md.
 */
export const createSnapshotStore = ({ pool, blobs }: Learnt): Store => ({
  async erase(whose, pass) {
    if (!pass.isLast) return 0; // runs that go on read theirs
    let gone = 0;
    for await (const snapshotId of snapshotsWith(blobs, whose, pass)) {
      if (await isOfChampion(pool, snapshotId)) await rewriteSnapshot({ pool, blobs }, snapshotId, whose.userId);
      await blobs.remove(blobs.uriOf(snapshotFolder(snapshotId)));
      gone += 1;
    }
    return gone;
  },
  look: async (whose, pass) => ({ count: await countAll(snapshotsWith(blobs, whose, pass)) }),
});

const rowsFile = (snapshotId: string) => `${snapshotFolder(snapshotId)}/interactions.parquet`;

/** Who is in a snapshot, a group of rows at a time. */
export const readSnapshotUsers = (blobs: BlobStore, snapshotId: string): AsyncGenerator<readonly string[]> =>
  readUserColumn(blobs, rowsFile(snapshotId));

/** The column `user_id` of a blob of Parquet, a group of rows at a time; nothing where there is no such blob any more. */
export async function* readUserColumn(blobs: BlobStore, key: string): AsyncGenerator<readonly string[]> {
  const blob = await openBlob(blobs, key);
  if (!blob) return;
  try {
    const reader = await createParquetReader(partsOf(blob));
    for (const group of reader.groups) yield await reader.column<string>('user_id', group);
  } finally {
    await blob.close();
  }
}

/** How many rows of the time before a snapshot has of a user. Column by column: one of any size is looked at in little memory. */
export async function countSnapshotRows(blobs: BlobStore, snapshotId: string, { userId, before }: Whose): Promise<number> {
  const blob = await openBlob(blobs, rowsFile(snapshotId));
  if (!blob) return 0;
  try {
    const reader = await createParquetReader(partsOf(blob));
    let count = 0;
    for (const group of reader.groups) {
      const users = await reader.column<string>('user_id', group);
      if (!users.includes(userId)) continue;
      const times = await reader.column<Date>('rated_at', group);
      count += users.filter((user, row) => user === userId && times[row]! <= before).length;
    }
    return count;
  } finally {
    await blob.close();
  }
}

const openBlob = (blobs: BlobStore, key: string): Promise<OpenBlob | undefined> =>
  blobs.open(blobs.uriOf(key)).catch((error: unknown) => {
    if (error instanceof BlobMissing) return undefined;
    throw error;
  });

const partsOf = (blob: OpenBlob): ParquetSource => ({
  bytes: blob.bytes,
  async read(start, end) {
    const chunks: Buffer[] = [];
    if (end > start) for await (const chunk of await blob.read({ start, end: end - 1 })) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  },
});

export async function* snapshotIds(blobs: BlobStore): AsyncGenerator<string> {
  for (const { name, isFolder } of await blobs.entries(blobs.uriOf('snapshots'))) if (isFolder) yield name;
}

export async function* snapshotsWith(blobs: BlobStore, whose: Whose, { signal, onProgress }: Pick<Pass, 'signal' | 'onProgress'>) {
  for await (const snapshotId of snapshotIds(blobs)) {
    signal.throwIfAborted();
    onProgress({ snapshot: snapshotId });
    if ((await countSnapshotRows(blobs, snapshotId, whose)) > 0) yield snapshotId;
  }
}

async function isOfChampion(pool: Pool, snapshotId: string): Promise<boolean> {
  const { rows } = await pool.query(
    `select from model_aliases a join model_versions v using (name, version)
     join registry_run_tags t on t.registry_run_id = v.registry_run_id and t.key = 'snapshot_id' and t.value = $1
     where alias = $2 limit 1`,
    [snapshotId, CHAMPION],
  );
  return rows.length > 0;
}

/** The registry names the new one from then on, and which it was made of. */
async function rewriteSnapshot({ pool, blobs }: Learnt, snapshotId: string, userId: string): Promise<void> {
  const uri = blobs.uriOf(snapshotFolder(snapshotId));
  const { sets } = JSON.parse((await blobs.get(`${uri}/manifest.json`)).toString()) as { sets?: string[] };
  const left = forgetInSnapshot(await readSnapshot(blobs, { uri, snapshot_id: snapshotId }), userId);
  if (!left) return;
  const { snapshot_id } = await writeSnapshot(blobs, left, sets);
  await pool.query(
    `with renamed as (
       update registry_run_tags set value = $2 where key = 'snapshot_id' and value = $1 returning registry_run_id
     )
     insert into registry_run_tags (registry_run_id, key, value) select registry_run_id, 'snapshot_made_of', $1 from renamed
     on conflict (registry_run_id, key) do update set value = excluded.value`,
    [snapshotId, snapshot_id],
  );
}

/** Models that have a row for the user. A version that learnt from them is marked until it is trained anew. */
export const createModelStore = ({ pool, blobs }: Learnt): Store => ({
  async erase({ userId }, pass) {
    let gone = 0;
    for await (const folder of modelsWith(blobs, userId, pass)) {
      const isRegistered = await rewriteModel({ pool, blobs }, folder, userId);
      if (isRegistered) gone += 1;
      if (!pass.isLast) continue; // who goes on with it read where it lies
      await blobs.remove(blobs.uriOf(folder));
      if (!isRegistered) gone += 1;
    }
    return gone;
  },
  look: async ({ userId }, pass) => ({ count: await countAll(modelsWith(blobs, userId, pass)) }),
});

/** Folders of models, whoever made them: `trained/<kind>/<digest>`. */
export async function* modelFolders(blobs: BlobStore): AsyncGenerator<string> {
  for (const kind of await blobs.entries(blobs.uriOf('trained'))) {
    if (!kind.isFolder) continue;
    const under = `trained/${kind.name}`;
    for (const { name, isFolder } of await blobs.entries(blobs.uriOf(under))) if (isFolder) yield `${under}/${name}`;
  }
}

export const VOCABULARY = 'vocabulary.json';

export async function* modelsWith(blobs: BlobStore, userId: string, { signal, onProgress }: Pick<Pass, 'signal' | 'onProgress'>) {
  for await (const folder of modelFolders(blobs)) {
    signal.throwIfAborted();
    onProgress({ model: folder });
    const vocabulary = await blobs.get(blobs.uriOf(`${folder}/${VOCABULARY}`)).catch((error: unknown) => {
      if (error instanceof BlobMissing) return undefined;
      throw error;
    });
    if (vocabulary && holdsUser(vocabulary, userId)) yield folder;
  }
}

/** Writes a registered model anew without the user, and has its versions answer by that. @returns whether it is one; nothing names any other */
async function rewriteModel({ pool, blobs }: Learnt, folder: string, userId: string): Promise<boolean> {
  const source = blobs.uriOf(folder);
  const { rows } = await pool.query('select from model_versions where source = $1 limit 1', [source]);
  if (rows.length === 0) return false;
  const left = forgetUser(await readModelFolder(blobs, source), userId);
  if (!left) return true;
  const [, kind = '', digest] = folder.split('/');
  const written = await writeModelFolder(blobs, kind, left);
  await withTransaction(pool, async (db) => {
    const { rows: versions } = await db.query<{ name: string; version: number; run: string | null }>(
      `update model_versions set source = $2, learnt_from_erased = learnt_from_erased + 1, updated_at = now() where source = $1
       returning name, version, registry_run_id as run`,
      [source, written.uri],
    );
    for (const { name, version, run } of versions) {
      await db.query(`update model_version_tags set value = $4 where name = $1 and version = $2 and key = 'digest' and value = $3`, [
        ...[name, version],
        ...[digest, written.digest],
      ]);
      await db.query(
        `update registry_run_tags set value = case key when 'digest' then $2 else $3 end
         where registry_run_id = $1 and key in ('digest', 'model_uri') and value in ($4, $5)`,
        [run, written.digest, written.uri, digest, source],
      );
    }
  });
  return true;
}

export const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

/** Whether a snapshot has rows of the user of the time before, or any model has them. */
export const isLearntFrom = async (blobs: BlobStore, whose: Whose): Promise<boolean> =>
  (await isAny(snapshotsWith(blobs, whose, QUIET))) || isAny(modelsWith(blobs, whose.userId, QUIET));
