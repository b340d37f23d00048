import type { ModelVersionDetail, RegisteredModel, RegisteredModelDetail } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { getRegistryRun } from './runs.ts';
import { getModelVersion, latestVersions, listVersions, type VersionPage } from './versions.ts';

export async function listModels(db: Database): Promise<RegisteredModel[]> {
  const models = await selectModels(db, null);
  const latest = await latestVersions(db);
  return models.map((model) => ({ ...model, latest_versions: latest.filter(({ name }) => name === model.name) }));
}

/** A model with a page of its versions, newest first; null where there is none of this name. */
export async function getModel(db: Database, name: string, page: VersionPage): Promise<RegisteredModelDetail | null> {
  const [model] = await selectModels(db, name);
  if (!model) return null;
  const { versions, next } = await listVersions(db, name, page);
  return { ...model, latest_versions: await latestVersions(db, name), versions, next_cursor: next };
}

/** A version with its run's parameters and tags; null where there is none. */
export async function readVersionDetail(db: Database, name: string, version: string): Promise<ModelVersionDetail | null> {
  const found = await getModelVersion(db, name, version);
  const run = found?.registry_run_id ? await getRegistryRun(db, found.registry_run_id) : null;
  return found && { ...found, params: run?.params ?? {}, run_tags: run?.tags ?? {} };
}

type ModelRow = Omit<RegisteredModel, 'created_at' | 'updated_at' | 'latest_versions'> & { created_at: Date; updated_at: Date };

async function selectModels(db: Database, name: string | null): Promise<Omit<RegisteredModel, 'latest_versions'>[]> {
  const { rows } = await db.query<ModelRow>(
    `select name, description, created_at, updated_at,
       (select coalesce(jsonb_object_agg(key, value), '{}') from registered_model_tags t where t.name = m.name) as tags,
       (select coalesce(jsonb_object_agg(alias, version::text), '{}') from model_aliases a where a.name = m.name) as aliases
     from registered_models m where $1::text is null or name = $1 order by name`,
    [name],
  );
  return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() }));
}
