import { createHmac, hkdfSync } from 'node:crypto';
import type { Database } from '../../platform/postgres.ts';

/** Who was erased, known by keyed hashes alone: whoever has them can tell of an id whether it was erased only with the key. */
export interface ErasedUsers {
  hashOf(userId: string): Promise<string>;
  /** Tells hashes that were made with another key. */
  keyId(): Promise<string>;
  /** Before when each of these users was erased; of those who never were there is nothing. */
  find(userIds: readonly string[]): Promise<ReadonlyMap<string, Date>>;
  /** Without what is told of erased users as they were before. */
  without<Told>(told: readonly Told[], whose: (one: Told) => { readonly userId: string | null; readonly at: string }): Promise<Told[]>;
}

/** @param givenKey ERASURE_KEY; the database's own where there is none */
export function createErasedUsers(db: Database, givenKey: string | undefined): ErasedUsers {
  let kept: Promise<Buffer> | undefined;
  const key = () =>
    (kept ??= readKey(db, givenKey).catch((error: unknown) => {
      kept = undefined; // asked for again
      throw error;
    }));
  const hashOf = async (userId: string) =>
    createHmac('sha256', await key())
      .update(userId)
      .digest('hex');

  async function find(userIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const hashes = new Map<string, string>();
    for (const userId of new Set(userIds)) hashes.set(await hashOf(userId), userId);
    if (hashes.size === 0) return new Map();
    const { rows } = await db.query<{ user_hash: string; erased_before: Date }>(
      'select user_hash, erased_before from erased_users where user_hash = any ($1)',
      [[...hashes.keys()]],
    );
    return new Map(rows.map(({ user_hash, erased_before }) => [hashes.get(user_hash)!, erased_before]));
  }

  return {
    hashOf,
    keyId: async () =>
      createHmac('sha256', await key())
        .update('')
        .digest('hex')
        .slice(0, 16),
    find,
    async without(told, whose) {
      const erased = await find(told.flatMap((one) => whose(one).userId ?? []));
      if (erased.size === 0) return [...told];
      return told.filter((one) => {
        const { userId, at } = whose(one);
        const before = userId === null ? undefined : erased.get(userId);
        return before === undefined || new Date(at) > before;
      });
    },
  };
}

async function readKey(db: Database, givenKey: string | undefined): Promise<Buffer> {
  const secret = givenKey ?? (await db.query<{ key: string }>('select key from erasure_key')).rows[0]!.key;
  return Buffer.from(hkdfSync('sha256', secret, '', 'erased users', 32));
}
