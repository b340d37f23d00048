import { conflict } from '../../contracts/failures.ts';
import type { Experiment } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';

/** Where MLflow's clients and its page keep what an experiment is about. */
const NOTE = 'mlflow.note.content';

/** Those that nobody deleted, newest first. */
export const listExperiments = (db: Database): Promise<Experiment[]> => selectExperiments(db, null);

/** @throws Failure `conflict` where there is one of this name, also a deleted one */
export async function createExperiment(db: Database, { name, description }: { name: string; description: string }): Promise<Experiment> {
  const { rows } = await db.query<{ id: string }>(
    `with made as (insert into experiments (name) values ($1) on conflict (name) do nothing returning experiment_id),
     noted as (insert into experiment_tags (experiment_id, key, value) select experiment_id, $3, $2 from made where $2 <> '')
     select experiment_id::text as id from made`,
    [name, description, NOTE],
  );
  if (!rows[0]) throw conflict(`There is an experiment ${name} already`);
  return (await selectExperiments(db, rows[0].id))[0]!;
}

async function selectExperiments(db: Database, id: string | null): Promise<Experiment[]> {
  const { rows } = await db.query<Omit<Experiment, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date }>(
    `select e.experiment_id::text, name, coalesce(t.value, '') as description, created_at, updated_at,
       (select count(*)::int from registry_runs r where r.experiment_id = e.experiment_id and r.lifecycle_stage = 'active') as runs
     from experiments e left join experiment_tags t on t.experiment_id = e.experiment_id and t.key = $2
     where lifecycle_stage = 'active' and ($1::bigint is null or e.experiment_id = $1) order by e.experiment_id desc`,
    [id, NOTE],
  );
  return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() }));
}
