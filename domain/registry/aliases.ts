import type { Database } from '../../platform/postgres.ts';
import { noVersion } from './versions.ts';

/** A version with what a server needs to load it. */
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

/** A version as somebody names it: by an alias, or by its number. */
export type NamedVersion = { readonly name: string; readonly alias?: string; readonly version?: string };

/** The versions that are named, in the order of their names; null for one that is not there. */
export async function findVersions(db: Database, named: readonly NamedVersion[]): Promise<(AliasedVersion | null)[]> {
  const { rows } = await db.query<AliasedVersion & { at: number }>(
    `select at::integer, v.name, v.version::text, v.source
     from unnest($1::text[], $2::text[], $3::integer[]) with ordinality as asked (name, alias, version, at)
     left join model_aliases a on (a.name, a.alias) = (asked.name, asked.alias)
     join model_versions v on (v.name, v.version) = (asked.name, coalesce(asked.version, a.version))`,
    [named.map(({ name }) => name), named.map(({ alias = null }) => alias), named.map(({ version = null }) => version)],
  );
  const found = new Map(rows.map(({ at, ...version }) => [at - 1, version]));
  return named.map((_, at) => found.get(at) ?? null);
}
