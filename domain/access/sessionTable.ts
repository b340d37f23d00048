import type { Database } from '../../platform/postgres.ts';

/** Whose a session is: an issued key's, or of a name in CREDENTIALS. */
export type SessionOwner = { readonly keyId: string } | { readonly name: string; readonly proof: Buffer };

export interface SessionFacts {
  readonly key_id: string | null;
  readonly name: string | null;
  readonly proof: Buffer | null;
  readonly expires_at: Date;
}

/** Those that are over go with it, so that the table stays as small as the number of people who are signed in. */
export async function addSession(db: Database, digest: Buffer, owner: SessionOwner, seconds: number): Promise<Date> {
  await db.query('delete from console_sessions where expires_at <= now()');
  const [keyId, name, proof] = 'keyId' in owner ? [owner.keyId, null, null] : [null, owner.name, owner.proof];
  const { rows } = await db.query<{ expires_at: Date }>(
    `insert into console_sessions (digest, key_id, name, proof, expires_at) values ($1, $2, $3, $4, now() + make_interval(secs => $5))
     returning expires_at`,
    [digest, keyId, name, proof, seconds],
  );
  return rows[0]!.expires_at;
}

export async function findSession(db: Database, digest: Buffer): Promise<SessionFacts | null> {
  const { rows } = await db.query<SessionFacts>('select key_id, name, proof, expires_at from console_sessions where digest = $1', [digest]);
  return rows[0] ?? null;
}

export async function removeSession(db: Database, digest: Buffer): Promise<void> {
  await db.query('delete from console_sessions where digest = $1', [digest]);
}
