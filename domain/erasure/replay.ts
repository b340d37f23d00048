import { permanent } from '../../contracts/failures.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { FeatureDefinitions } from '../features/definitions.ts';
import type { ErasedUsers } from '../users/erased.ts';
import { batchParts, partsWith } from './batches.ts';
import { isLearntFrom, QUIET, modelFolders, readSnapshotUsers, readUserColumn, snapshotIds, VOCABULARY } from './learnt.ts';
import { isBeingErased, requestErasure } from './requests.ts';
import { isAny, type Whose } from './store.ts';
import { offlineRowsOf, offlineTablesOf, USER_TABLES } from './tables.ts';

/** An erasure as it is kept beside the database, which may be set back to a time before it. */
interface KeptErasure {
  readonly user_hash: string;
  readonly erased_before: string;
  /** Tells another ERASURE_KEY */
  readonly key: string;
}

const ERASURES_FOLDER = 'erasures';
const keyOf = (hash: string) => `${ERASURES_FOLDER}/${hash}.json`;

/** Keeps who was erased in the blob store too. Again, the latest time counts. */
export async function keepErasure(
  blobs: BlobStore,
  erased: ErasedUsers,
  { userId, before }: { userId: string; before: Date },
): Promise<void> {
  const user_hash = await erased.hashOf(userId);
  const known = await readKept(blobs, keyOf(user_hash));
  if (known && new Date(known.erased_before) >= before) return;
  const kept: KeptErasure = { user_hash, erased_before: before.toISOString(), key: await erased.keyId() };
  await blobs.put(keyOf(user_hash), Buffer.from(JSON.stringify(kept)));
}

async function readKept(blobs: BlobStore, key: string): Promise<KeptErasure | undefined> {
  try {
    return JSON.parse((await blobs.get(blobs.uriOf(key))).toString()) as KeptErasure;
  } catch (error) {
    if (error instanceof BlobMissing) return undefined;
    throw error;
  }
}

/**
 * Brings what the blob store knows of erasures into the database.
 * @returns how many users were ever erased
 * @throws Failure `Conflict` where some were written down with another key: no id here can be told to be theirs
 */
export async function mergeErasures(pool: Pool, blobs: BlobStore, erased: ErasedUsers, signal: AbortSignal): Promise<number> {
  const key = await erased.keyId();
  let others = 0;
  for await (const { key: blob } of blobs.walk(blobs.uriOf(ERASURES_FOLDER))) {
    signal.throwIfAborted();
    const kept = await readKept(blobs, blob);
    if (!kept) continue;
    if (kept.key !== key) others += 1;
    else
      await pool.query(
        `insert into erased_users as e (user_hash, erased_before) values ($1, $2)
         on conflict (user_hash) do update set erased_before = greatest(e.erased_before, excluded.erased_before)`,
        [kept.user_hash, kept.erased_before],
      );
  }
  if (others > 0)
    throw permanent(
      'Conflict',
      `${others} erasures were written down with another key than this ERASURE_KEY; set that one to find their users`,
    );
  const { rows } = await pool.query<{ count: number }>('select count(*) as count from erased_users');
  return rows[0]!.count;
}

interface Everywhere {
  readonly pool: Pool;
  readonly blobs: BlobStore;
  readonly erased: ErasedUsers;
  readonly definitions: FeatureDefinitions;
}
interface UnderWay {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

/**
 * Asks for the erasure of every user who is here though they were erased, of the time before that. One whose erasure is under way is left to it.
 * @returns how many ids were looked at, and the receipts
 */
export async function repeatErasures(
  everywhere: Everywhere,
  { signal, onProgress }: UnderWay,
): Promise<{ looked_at: number; receipts: string[] }> {
  const { pool, erased } = everywhere;
  const known = new Set<string>();
  const again = new Map<string, Date>();
  for await (const ids of idsEverywhere(everywhere)) {
    signal.throwIfAborted();
    const fresh = [...new Set(ids)].filter((id) => !known.has(id));
    for (const id of fresh) known.add(id);
    for (const [userId, before] of await erased.find(fresh)) again.set(userId, before);
    onProgress({ looked_at: known.size, found: again.size });
  }
  const receipts: string[] = [];
  for (const [userId, before] of again) {
    if ((await isBeingErased(pool, userId)) || !(await isHere(everywhere, { userId, before }))) continue;
    receipts.push(await requestErasure(pool, erased, { userId, by: 'replay', before, isRepeated: true }));
  }
  return { looked_at: known.size, receipts };
}

const IDS_OF_PAGE = 10_000;

/** The ids of users in tables and in files, in pages; one may come again and again. */
async function* idsEverywhere({ pool, blobs, definitions }: Everywhere): AsyncGenerator<readonly string[]> {
  const columns = [
    ...[USER_TABLES.ratings, USER_TABLES.users, USER_TABLES.interactions, USER_TABLES.searches, USER_TABLES.served_answers]
      .flat()
      .map(({ table }) => [table, table === 'api_keys' ? 'name' : 'user_id'] as const),
    ...USER_TABLES.outbox.map(({ table }) => [table, 'aggregateid'] as const),
    ...offlineRowsOf(definitions).map(({ table }) => [table, 'entity_id'] as const),
    ['feature_online', 'entity_id'] as const,
  ];
  for (const [table, column] of new Map(columns.map((pair) => [pair.join(' '), pair])).values()) yield* distinctOf(pool, table, column);
  for await (const snapshotId of snapshotIds(blobs)) yield* readSnapshotUsers(blobs, snapshotId);
  for await (const key of batchParts(blobs)) yield* readUserColumn(blobs, key);
  for await (const folder of modelFolders(blobs)) {
    const file = await blobs.get(blobs.uriOf(`${folder}/${VOCABULARY}`)).catch(() => undefined);
    if (file) yield (JSON.parse(file.toString()) as { users: string[] }).users;
  }
}

/** Each id once, by one look into an index after the other. */
async function* distinctOf(pool: Pool, table: string, column: string): AsyncGenerator<readonly string[]> {
  for (let after: string | null = ''; after !== null;) {
    const { rows }: { rows: { id: string }[] } = await pool.query<{ id: string }>(
      `select distinct ${column} as id from ${table} where ${column} > $1 order by 1 limit $2`,
      [after, IDS_OF_PAGE],
    );
    if (rows.length > 0) yield rows.map(({ id }) => id);
    after = rows.length === IDS_OF_PAGE ? rows.at(-1)!.id : null;
  }
}

/** Whether anything of the time before is here: who came back as somebody new is here too. What a model or a batch knows has no time, and counts. */
async function isHere({ pool, definitions, blobs }: Everywhere, whose: Whose): Promise<boolean> {
  const { userId, before } = whose;
  const features = offlineTablesOf(definitions).map((table) => ({ table, where: 'entity_id = $1 and event_timestamp <= $2' }));
  for (const { table, where } of [...Object.values(USER_TABLES).flat(), ...features]) {
    const { rows } = await pool.query<{ here: boolean }>(`select exists (select from ${table} where ${where}) as here`, [userId, before]);
    if (rows[0]!.here) return true;
  }
  return (await isAny(partsWith(blobs, userId, QUIET))) || isLearntFrom(blobs, whose);
}
