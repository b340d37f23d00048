import { createHash } from 'node:crypto';
import { conflict } from '../../contracts/failures.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';
import { nameUuid } from './nameUuid.ts';

interface KeyedRequest {
  readonly caller: string;
  readonly path: string;
  readonly key: string;
  readonly body: unknown;
}

/**
 * Remembers a request by its key.
 * @returns what ids of its events derive from: the same for the same request again
 * @throws Failure `conflict` where another body came with the key
 */
export async function claimKey(db: Database, { caller, path, key, body }: KeyedRequest): Promise<string> {
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const { rows } = await db.query<{ seed: string; fingerprint: string }>(
    `insert into idempotency_keys as k (id, fingerprint) values ($1, $2)
     on conflict (id) do update set fingerprint = k.fingerprint returning seed, fingerprint`,
    [nameUuid(JSON.stringify([caller, path, key])), fingerprint],
  );
  const claimed = rows[0]!;
  if (claimed.fingerprint !== fingerprint) throw conflict(`Idempotency-Key ${key} came before with another body`);
  return claimed.seed;
}

/** Forgets keys that came in before. @returns as `removeBefore` */
export const forgetKeysBefore = (db: Database, before: Date): Promise<number> =>
  removeBefore(db, { table: 'idempotency_keys', column: 'created_at' }, before);
