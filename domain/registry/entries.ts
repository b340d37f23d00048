import type { Stage, Tags } from '../../contracts/registry.ts';
import { prepare, type Database } from '../../platform/postgres.ts';

/** A version as it stands in the registry, without what its run measured. Times are milliseconds since 1970. */
export interface VersionEntry {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly artifact_uri: string | null;
  readonly registry_run_id: string | null;
  readonly run_link: string;
  readonly model_id: string | null;
  readonly stage: Stage;
  readonly status: 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION' | 'READY';
  readonly description: string;
  readonly tags: Tags;
  readonly aliases: readonly string[];
  readonly created_ms: number;
  readonly updated_ms: number;
}

/** A registered model with the newest version of each stage. */
export interface ModelEntry {
  readonly name: string;
  readonly description: string;
  readonly tags: Tags;
  /** Version by alias */
  readonly aliases: Readonly<Record<string, string>>;
  readonly latest_versions: readonly VersionEntry[];
  readonly created_ms: number;
  readonly updated_ms: number;
}

const milliseconds = (column: string) => `floor(extract(epoch from ${column}) * 1000)::bigint`;

/** What stands in its own row. */
export const OWN_VERSION_COLUMNS = `v.name, v.version::text as version, v.source, v.artifact_uri, v.registry_run_id, v.run_link, v.model_id, v.stage,
  v.status, v.description, ${milliseconds('v.created_at')} as created_ms, ${milliseconds('v.updated_at')} as updated_ms`;
export const VERSION_COLUMNS = `${OWN_VERSION_COLUMNS},
  (select coalesce(jsonb_object_agg(key, value), '{}') from model_version_tags t where t.name = v.name and t.version = v.version) as tags,
  array(select alias from model_aliases a where a.name = v.name and a.version = v.version order by alias) as aliases`;

/**
 * The newest version of each stage of the model `m`: one look into the index a stage, however many versions there are. Each stage stands in the text,
 * so that Postgres knows which are rare: with a variable it would look through all versions for a stage that none has.
 */
export const LATEST_OF_MODEL = ['None', 'Staging', 'Production', 'Archived']
  .map((stage) => `(select * from model_versions n where n.name = m.name and n.stage = '${stage}' order by n.version desc limit 1)`)
  .join(' union all ');

export const MODEL_COLUMNS = `m.name, m.description, ${milliseconds('m.created_at')} as created_ms, ${milliseconds('m.updated_at')} as updated_ms,
  (select coalesce(jsonb_object_agg(key, value), '{}') from registered_model_tags t where t.name = m.name) as tags,
  (select coalesce(jsonb_object_agg(alias, version::text), '{}') from model_aliases a where a.name = m.name) as aliases,
  (select coalesce(jsonb_agg(to_jsonb(entry) order by entry.version::integer), '[]')
   from (select ${VERSION_COLUMNS} from (${LATEST_OF_MODEL}) as v) as entry) as latest_versions`;

const MODEL = prepare(`select ${MODEL_COLUMNS} from registered_models m where m.name = $1`);
const VERSION = prepare(`select ${VERSION_COLUMNS} from model_versions v where v.name = $1 and v.version = $2::bigint`);
const ALIASED = prepare(
  `select ${VERSION_COLUMNS} from model_aliases named join model_versions v using (name, version) where named.name = $1 and named.alias = $2`,
);

export async function findModelEntry(db: Database, name: string): Promise<ModelEntry | null> {
  const { rows } = await db.query<ModelEntry>(MODEL([name]));
  return rows[0] ?? null;
}

/** The newest version of each of these stages; null where there is no such model. */
export async function findLatest(db: Database, name: string, stages: readonly Stage[]): Promise<readonly VersionEntry[] | null> {
  const model = await findModelEntry(db, name);
  return model && model.latest_versions.filter(({ stage }) => stages.includes(stage));
}

/** @param version digits */
export async function findVersionEntry(db: Database, name: string, version: string): Promise<VersionEntry | null> {
  const { rows } = await db.query<VersionEntry>(VERSION([name, version]));
  return rows[0] ?? null;
}

export async function findAliasedEntry(db: Database, name: string, alias: string): Promise<VersionEntry | null> {
  const { rows } = await db.query<VersionEntry>(ALIASED([name, alias]));
  return rows[0] ?? null;
}
