import { missing } from '../../contracts/failures.ts';
import type { ModelVersion, Stage, Tags } from '../../contracts/registry.ts';
import type { GateVerdict } from '../../contracts/training.ts';
import { prepare, type Database } from '../../platform/postgres.ts';
import { LATEST_OF_MODEL, OWN_VERSION_COLUMNS, type VersionEntry } from './entries.ts';

export interface NewVersion {
  readonly name: string;
  /** Blob folder of the model. */
  readonly source: string;
  readonly registryRunId: string | null;
  /** What registers it; a model has one version of an origin. Null for a client's own. */
  readonly origin: string | null;
  readonly tags: Tags;
  readonly description?: string;
  readonly runLink?: string;
  /** The logged model that it was made of */
  readonly modelId?: string | null;
  /** Where its files are to be had, where `source` does not say that */
  readonly artifactUri?: string | null;
}

/**
 * Holds a registered model, made where it is not there yet, until the transaction ends: version numbers and aliases of one
 * model change one at a time.
 */
export async function holdModel(db: Database, name: string): Promise<void> {
  await db.query('insert into registered_models (name) values ($1) on conflict (name) do nothing', [name]);
  await db.query('select from registered_models where name = $1 for update', [name]);
}

/** The version with its tags and its number: all of it or nothing. What a statement writes it does not read, so the tags are those that were sent. */
const NEXT_VERSION = prepare(`
  with numbered as (
    update registered_models set next_version = next_version + 1, updated_at = now() where name = $1 returning next_version - 1 as version
  ), made as (
    insert into model_versions (name, version, source, registry_run_id, origin, description, run_link, model_id, artifact_uri)
    select $1, version, $2, $3, $4, $5, $6, $7, $8 from numbered returning *
  ), tagged as (
    insert into model_version_tags (name, version, key, value)
    select $1, version, key, value from made, unnest($9::text[], $10::text[]) as sent (key, value)
  )
  select ${OWN_VERSION_COLUMNS}, array[]::text[] as aliases,
    (select coalesce(jsonb_object_agg(key, value), '{}') from unnest($9::text[], $10::text[]) as sent (key, value)) as tags
  from made v`);

/**
 * Registers the next version of a model. Numbers have no gaps, and a deleted version's is not given again.
 * @throws Failure `missing` where there is no such model (of the type `ModelMissing`), or no such run
 */
export async function registerVersion(db: Database, given: NewVersion): Promise<VersionEntry> {
  const { name, source, registryRunId, origin, tags, description = '', runLink = '', modelId = null, artifactUri = null } = given;
  const own = [name, source, registryRunId, origin, description, runLink, modelId, artifactUri];
  const { rows } = await db.query<VersionEntry>(NEXT_VERSION([...own, Object.keys(tags), Object.values(tags)])).catch((error: unknown) => {
    throw isOfNoRun(error) ? missing(`there is no run ${registryRunId}`) : error;
  });
  if (!rows[0]) throw missing(`there is no registered model ${name}`, 'ModelMissing');
  return rows[0];
}

/** The reference itself says so: who registers need not ask first. */
const isOfNoRun = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'model_versions_registry_run_id_fkey';

/** The same. @returns its number */
export const createModelVersion = async (db: Database, given: NewVersion): Promise<string> => (await registerVersion(db, given)).version;

/** Sets tags of a version; the same ones again change nothing. */
export async function setVersionTags(db: Database, name: string, version: string, tags: Tags): Promise<void> {
  await db.query(
    `insert into model_version_tags (name, version, key, value)
     select $1, $2, key, value from unnest($3::text[], $4::text[]) as sent (key, value)
     on conflict (name, version, key) do update set value = excluded.value`,
    [name, version, Object.keys(tags), Object.values(tags)],
  );
}

export async function storeVerdict(db: Database, name: string, version: string, gate: GateVerdict): Promise<void> {
  await db.query('update model_versions set gate = $3, updated_at = now() where name = $1 and version = $2', [
    name,
    version,
    JSON.stringify(gate),
  ]);
}

/**
 * Labels a version with a stage; inside a transaction, in which it holds the model, so that of two that come at once one archives the other.
 * @param archiveOthers archives what had the stage before
 * @throws Failure `missing` where there is no such version
 */
export async function transitionStage(
  db: Database,
  { name, version, stage, archiveOthers }: { name: string; version: string; stage: Stage; archiveOthers: boolean },
): Promise<ModelVersion> {
  await db.query('update registered_models set updated_at = now() where name = $1', [name]);
  const { rowCount } = await db.query('update model_versions set stage = $3, updated_at = now() where name = $1 and version = $2::bigint', [
    name,
    version,
    stage,
  ]);
  if (rowCount === 0) throw noVersion(name, version);
  if (archiveOthers) {
    await db.query(
      `update model_versions set stage = 'Archived', updated_at = now() where name = $1 and version <> $2::bigint and stage = $3`,
      [name, version, stage],
    );
  }
  return (await getModelVersion(db, name, version))!;
}

export async function getModelVersion(db: Database, name: string, version: string): Promise<ModelVersion | null> {
  const versions = await selectVersions(db, 'where v.name = $1 and v.version = $2::bigint', [name, version]);
  return versions[0] ?? null;
}

/** Which of a model's versions, newest first: so many, of those older than one. */
export interface VersionPage {
  readonly limit: number;
  /** A number; undefined for the newest */
  readonly before?: string | undefined;
}

/** @returns a page of a model's versions, newest first, and the number before which the next begins; null where there are no more */
export async function listVersions(
  db: Database,
  name: string,
  { limit, before }: VersionPage,
): Promise<{ versions: ModelVersion[]; next: string | null }> {
  const which = 'where v.name = $1 and ($2::bigint is null or v.version < $2) order by v.version desc limit $3';
  const found = await selectVersions(db, which, [name, before ?? null, limit + 1]);
  const versions = found.slice(0, limit);
  return { versions, next: found.length > limit ? versions.at(-1)!.version : null };
}

/** The newest version of each stage of each model, or of one, and those that an alias names: a champion is to be seen also where a challenger is newer. */
export const latestVersions = (db: Database, name: string | null = null): Promise<ModelVersion[]> =>
  selectVersions(
    db,
    `where (v.name, v.version) in (
       select newest.name, newest.version from registered_models m cross join lateral (${LATEST_OF_MODEL}) as newest where $1::text is null or m.name = $1
       union select name, version from model_aliases where $1::text is null or name = $1
     ) order by v.name, v.version desc`,
    [name],
  );

export async function getVersionByAlias(db: Database, name: string, alias: string): Promise<ModelVersion | null> {
  const named = 'where (v.name, v.version) = (select name, version from model_aliases where name = $1 and alias = $2)';
  const versions = await selectVersions(db, named, [name, alias]);
  return versions[0] ?? null;
}

export async function findByOrigin(db: Database, name: string, origin: string): Promise<string | null> {
  const { rows } = await db.query<{ version: string }>('select version::text from model_versions where name = $1 and origin = $2', [
    name,
    origin,
  ]);
  return rows[0]?.version ?? null;
}

export const noVersion = (name: string, version: string) => missing(`there is no version ${version} of model ${name}`, 'ModelMissing');

type VersionRow = Omit<ModelVersion, 'created_at' | 'updated_at' | 'learnt_from_erased'> & {
  created_at: Date;
  updated_at: Date;
  learnt_from_erased: number;
};

async function selectVersions(db: Database, which: string, values: unknown[]): Promise<ModelVersion[]> {
  const { rows } = await db.query<VersionRow>(
    `select v.name, v.version::text, v.source, v.registry_run_id, v.stage, v.status, v.description, v.gate, v.origin, v.created_at, v.updated_at, v.learnt_from_erased,
       (select coalesce(jsonb_object_agg(key, value), '{}') from model_version_tags t where t.name = v.name and t.version = v.version) as tags,
       array(select alias from model_aliases a where a.name = v.name and a.version = v.version order by alias) as aliases,
       (select coalesce(jsonb_object_agg(key, value), '{}') from registry_run_latest_metrics m
        where m.registry_run_id = v.registry_run_id and value <> 'NaN') as metrics
     from model_versions v ${which}`,
    values,
  );
  return rows.map(({ learnt_from_erased, ...row }) => ({
    ...row,
    ...(learnt_from_erased > 0 && { learnt_from_erased }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }));
}
