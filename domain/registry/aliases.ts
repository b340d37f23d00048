import type { Database } from '../../platform/postgres.ts';
import { noVersion } from './versions.ts';

/** A version that an alias names, with what a server needs to load it. */
export interface AliasedVersion {
  readonly name: string;
  readonly version: string;
  /** Blob folder of the model. */
  readonly source: string;
}

/**
 * Points an alias at a version; who listens to `registry_changed` hears of it at commit. It waits for a registration of the
 * same model to end, so that what the gate compared with is the champion until the verdict is carried out.
 * @throws Failure `missing` where there is no such version
 */
export async function setAlias(db: Database, { name, alias, version }: { name: string; alias: string; version: string }): Promise<void> {
  const { rowCount } = await db.query(
    `with held as (select name from registered_models where name = $1 for update)
     insert into model_aliases (name, alias, version) select name, $2, version from held join model_versions using (name) where version = $3::bigint
     on conflict (name, alias) do update set version = excluded.version, updated_at = now()`,
    [name, alias, version],
  );
  if (rowCount === 0) throw noVersion(name, version);
}

/** An alias that is not there is no error. */
export async function removeAlias(db: Database, name: string, alias: string): Promise<void> {
  await db.query('delete from model_aliases where name = $1 and alias = $2', [name, alias]);
}

/** The version that has this alias in each model that has one. */
export async function listAliased(db: Database, alias: string): Promise<AliasedVersion[]> {
  const { rows } = await db.query<AliasedVersion>(
    `select name, v.version::text, source from model_aliases join model_versions v using (name, version) where alias = $1 order by name`,
    [alias],
  );
  return rows;
}
