import { CHAMPION } from '../../contracts/models.ts';
import type { Database } from '../../platform/postgres.ts';

/** @returns whether there is such a version */
export async function describeVersion(db: Database, name: string, version: string, description: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update model_versions set description = $3, updated_at = now() where name = $1 and version = $2::bigint',
    [name, version, description],
  );
  return rowCount === 1;
}

/** Deletes a version with its tags and aliases, unless it is in service. The lock holds off whoever makes it champion meanwhile. */
export async function deleteVersion(db: Database, name: string, version: string): Promise<'deleted' | 'missing' | 'in service'> {
  await db.query('select from registered_models where name = $1 for update', [name]);
  const { rows } = await db.query<{ serves: boolean }>(
    `select exists (select from model_aliases a where a.name = v.name and a.version = v.version and alias = $3) as serves
     from model_versions v where name = $1 and version = $2::bigint`,
    [name, version, CHAMPION],
  );
  if (!rows[0]) return 'missing';
  if (rows[0].serves) return 'in service';
  await db.query('delete from model_versions where name = $1 and version = $2::bigint', [name, version]);
  await db.query('update registered_models set updated_at = now() where name = $1', [name]);
  return 'deleted';
}

/** @returns whether there is such a version */
export async function setVersionTag(db: Database, { name, version, key, value }: VersionTag & { value: string }): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into model_version_tags (name, version, key, value) select name, version, $3, $4 from model_versions where name = $1 and version = $2::bigint
     on conflict (name, version, key) do update set value = excluded.value`,
    [name, version, key, value],
  );
  return rowCount === 1;
}

interface VersionTag {
  readonly name: string;
  readonly version: string;
  readonly key: string;
}

/** @returns whether there is such a version; a tag that it has not is no error */
export async function removeVersionTag(db: Database, { name, version, key }: VersionTag): Promise<boolean> {
  const { rowCount } = await db.query(
    `with removed as (delete from model_version_tags where name = $1 and version = $2::bigint and key = $3)
     select from model_versions where name = $1 and version = $2::bigint`,
    [name, version, key],
  );
  return rowCount === 1;
}
