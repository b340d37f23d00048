import { randomBytes } from 'node:crypto';
import { conflict, invalid, missing } from '../../contracts/failures.ts';
import { keyText, type IssuedKey, type IssueKeyBody, type NewKey } from '../../contracts/keys.ts';
import type { Role } from '../../contracts/roles.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { digestOf } from '../../platform/sha256.ts';

type Times = 'created_at' | 'expires_at' | 'last_used_at' | 'revoked_at';
type Row = Omit<IssuedKey, Times | 'prefix'> & { readonly [T in Times]: Date | null };

const IS_OVER = '(revoked_at is not null or expires_at <= now())';
const COLUMNS = `key_id, name, role, case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'good' end as state,
  requests_per_minute, created_at, created_by, expires_at, last_used_at, replaced_by, revoked_at, revoked_by`;

/** @returns the key, which is kept nowhere @throws Failure `invalid` for an end that is past */
export function issueKey(db: Database, { name, role, expires_at, requests_per_minute }: IssueKeyBody, by: string): Promise<NewKey> {
  return addKey(db, { name, role, requests_per_minute: requests_per_minute ?? null, expires_at: dateOf(expires_at) }, by);
}

/** Keys that are good, newest first; all of them, those that are over too. */
export async function listKeys(db: Database, { all, limit }: { all: boolean; limit: number }): Promise<IssuedKey[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from api_keys where $1 or not ${IS_OVER} is true order by api_keys.created_at desc, api_keys.key_id desc limit $2`,
    [all, limit],
  );
  return rows.map(toKey);
}

interface Rotation {
  readonly keyId: string;
  /** Seconds for which the old one stays good */
  readonly graceS: number;
  /** Of the new one; as the old one's when missing */
  readonly expiresAt?: string | undefined;
}

/**
 * A new key of the same name, role and rate in place of another.
 * @throws Failure `missing` of a key that there is not, `conflict` of one that is over or was rotated before, `invalid` for an end that is past
 */
export const rotateKey = (pool: Pool, { keyId, graceS, expiresAt }: Rotation, by: string): Promise<NewKey> =>
  withTransaction(pool, async (db) => {
    const { rows } = await db.query<Row>(`select ${COLUMNS} from api_keys where key_id = $1 for update`, [keyId]);
    const [old] = rows;
    if (!old) throw noKey(keyId);
    if (old.state !== 'good') throw conflict(`key ${keyId} is ${old.state}; issue a new one`);
    if (old.replaced_by !== null) throw conflict(`key ${keyId} was rotated to ${old.replaced_by} already`);
    const { name, role, requests_per_minute } = old;
    const made = await addKey(db, { name, role, requests_per_minute, expires_at: dateOf(expiresAt) ?? old.expires_at }, by);
    await db.query(
      `update api_keys set replaced_by = $2, expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $3)) where key_id = $1`,
      [keyId, made.key_id, graceS],
    );
    return made;
  });

/** Again it changes nothing. @throws Failure `missing` of a key that there is not */
export async function revokeKey(db: Database, keyId: string, by: string): Promise<IssuedKey> {
  const { rows } = await db.query<Row>(
    `update api_keys set revoked_by = case when revoked_at is null then $2 else revoked_by end, revoked_at = coalesce(revoked_at, now())
     where key_id = $1 returning ${COLUMNS}`,
    [keyId, by],
  );
  if (!rows[0]) throw noKey(keyId);
  return toKey(rows[0]);
}

/** What is looked at of a key at each request. */
export interface KeyFacts {
  readonly name: string;
  readonly role: Role;
  readonly digest: Buffer;
  readonly requests_per_minute: number | null;
  readonly expires_at: Date | null;
  readonly is_revoked: boolean;
}

export async function findKeyFacts(db: Database, keyId: string): Promise<KeyFacts | null> {
  const { rows } = await db.query<KeyFacts>(
    'select name, role, digest, requests_per_minute, expires_at, revoked_at is not null as is_revoked from api_keys where key_id = $1',
    [keyId],
  );
  return rows[0] ?? null;
}

/** When each key was last used, by its id. */
export async function noteKeysUsed(db: Database, used: ReadonlyMap<string, Date>): Promise<void> {
  await db.query(
    `update api_keys k set last_used_at = greatest(k.last_used_at, u.at)
     from unnest($1::text[], $2::timestamptz[]) as u (key_id, at) where k.key_id = u.key_id`,
    [[...used.keys()], [...used.values()]],
  );
}

type Made = Pick<Row, 'name' | 'role' | 'requests_per_minute' | 'expires_at'>;
async function addKey(db: Database, { name, role, requests_per_minute, expires_at }: Made, by: string): Promise<NewKey> {
  if (expires_at !== null && expires_at.getTime() <= Date.now()) throw invalid('expires_at', 'is past');
  const keyId = randomBytes(6).toString('hex');
  const key = keyText(keyId, randomBytes(32).toString('hex'));
  const { rows } = await db.query<Row>(
    `insert into api_keys (key_id, name, role, digest, requests_per_minute, expires_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)
     returning ${COLUMNS}`,
    [keyId, name, role, digestOf(key), requests_per_minute, expires_at, by],
  );
  return { ...toKey(rows[0]!), key };
}

const dateOf = (time: string | undefined): Date | null => (time === undefined ? null : new Date(time));

const noKey = (keyId: string) => missing(`there is no key ${keyId}`);

const toKey = (row: Row): IssuedKey => ({
  ...row,
  prefix: keyText(row.key_id, ''),
  created_at: row.created_at!.toISOString(),
  expires_at: row.expires_at?.toISOString() ?? null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});
