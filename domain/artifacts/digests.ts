import type { Database } from '../../platform/postgres.ts';

interface NewDigest {
  readonly path: string;
  readonly version: string;
  readonly sha256: string;
  readonly by: string;
}

export async function keepDigest(db: Database, { path, version, sha256, by }: NewDigest): Promise<void> {
  await db.query(
    `insert into artifact_digests (path, version, sha256, uploaded_by) values ($1, $2, $3, $4)
     on conflict (path) do update
       set version = excluded.version, sha256 = excluded.sha256, uploaded_by = excluded.uploaded_by, uploaded_at = now()`,
    [path, version, sha256, by],
  );
}

/** @returns undefined where what lies there now is not what the digest is of, as after two uploads at once */
export async function readDigest(db: Database, path: string, version: string): Promise<string | undefined> {
  const { rows } = await db.query<{ sha256: string }>('select sha256 from artifact_digests where path = $1 and version = $2', [
    path,
    version,
  ]);
  return rows[0]?.sha256;
}

/** Of a file, or of all below a folder. */
export async function forgetDigests(db: Database, path: string): Promise<void> {
  // 0 is the character after /
  await db.query(`delete from artifact_digests where path = $1 or (path > $1 || '/' and path < $1 || '0')`, [path]);
}
