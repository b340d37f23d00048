import type { Database } from '../../platform/postgres.ts';
import type { UsedDataset } from './wholeRuns.ts';

/** Notes which data sets a run used; one that it has already, by name and digest, stays as it is. */
export async function logRunDatasets(db: Database, runId: string, datasets: readonly UsedDataset[]): Promise<void> {
  const byKey = new Map(datasets.toReversed().map((dataset) => [JSON.stringify([dataset.name, dataset.digest]), dataset]));
  const first = new Set(byKey.values());
  const sent = datasets.filter((dataset) => first.has(dataset));
  await db.query(
    `with sent as (
       select * from rows from (json_to_recordset($2)
         as (name text, digest text, source_type text, source text, schema text, profile text, tags jsonb)) with ordinality
         as s (name, digest, source_type, source, schema, profile, tags, nth)
     ), run as (
       select registry_run_id, experiment_id from registry_runs where registry_run_id = $1
     ), made as (
       insert into registry_datasets (experiment_id, name, digest, source_type, source, schema, profile)
       select experiment_id, name, digest, source_type, source, schema, profile from sent cross join run order by name, digest
       on conflict (experiment_id, name, digest) do update set name = excluded.name
       returning dataset_id, name, digest
     )
     insert into registry_run_datasets (registry_run_id, dataset_id, tags)
     select $1, dataset_id, coalesce(tags, '[]') from made join sent using (name, digest) order by nth
     on conflict do nothing`,
    [runId, JSON.stringify(sent)],
  );
}

/** Notes which logged models a run took in, or made. */
export async function logRunModels(
  db: Database,
  runId: string,
  role: 'input' | 'output',
  models: readonly { model_id: string; step: number }[],
): Promise<void> {
  await db.query(
    `insert into registry_run_models (registry_run_id, role, model_id, step)
     select $1, $2, model_id, step from unnest($3::text[], $4::bigint[]) with ordinality as sent (model_id, step, nth) order by nth
     on conflict do nothing`,
    [runId, role, models.map(({ model_id }) => model_id), models.map(({ step }) => step)],
  );
}
