import type { Experiment } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { createExperiment } from './experiments.ts';

/** Where MLflow's clients and its page keep what an experiment is about. */
const NOTE = 'mlflow.note.content';

/** Those that nobody deleted, newest first. */
export const listExperiments = (db: Database): Promise<Experiment[]> => selectExperiments(db, null);

/** @throws Failure `conflict` where there is one of this name, also a deleted one */
export async function createDescribedExperiment(
  db: Database,
  { name, description }: { name: string; description: string },
): Promise<Experiment> {
  const id = await createExperiment(db, { name, artifactLocation: null, tags: description === '' ? {} : { [NOTE]: description } });
  return (await selectExperiments(db, id))[0]!;
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
