import { CHAMPION, MODEL_NAMES, type ModelName } from '../../contracts/models.ts';
import type { Database } from '../../platform/postgres.ts';

/** The champions of the named models, or of all that have one, by name. */
export async function listChampions(
  db: Database,
  names: readonly ModelName[] = MODEL_NAMES,
): Promise<{ name: ModelName; version: string }[]> {
  const { rows } = await db.query<{ name: ModelName; version: string }>(
    'select name, version::text from model_aliases where alias = $1 and name = any ($2) order by name',
    [CHAMPION, names],
  );
  return rows;
}

/** The snapshot that a version learnt from, as its run says; null where that says none. */
export async function snapshotOf(db: Database, { name, version }: { name: string; version: string }): Promise<string | null> {
  const { rows } = await db.query<{ value: string }>(
    `select t.value from model_versions v join registry_run_tags t using (registry_run_id)
     where v.name = $1 and v.version = $2::bigint and t.key = 'snapshot_id' and t.value ~ '^[0-9a-f]{64}$'`,
    [name, version],
  );
  return rows[0]?.value ?? null;
}
