import { prepare, type Database } from '../../platform/postgres.ts';

const PLACE = `coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.experiment_id)`;

const ROOT_OF_RUN = prepare(
  `select ${PLACE} || '/' || registry_run_id || '/artifacts' as root from registry_runs join experiments e using (experiment_id)
   where registry_run_id = $1`,
);

/** The URI under which a run's artifacts lie; null where there is no such run. */
export async function findRootOfRun(db: Database, runId: string): Promise<string | null> {
  const { rows } = await db.query<{ root: string }>(ROOT_OF_RUN([runId]));
  return rows[0]?.root ?? null;
}

/** The URI under which a logged model's files lie, and the run that made it; null where there is no such model. */
export async function findRootOfLoggedModel(db: Database, modelId: string): Promise<{ root: string; runId: string | null } | null> {
  const { rows } = await db.query<{ root: string; runId: string | null }>(
    `select ${PLACE} || '/models/' || model_id || '/artifacts' as root, r.registry_run_id as "runId"
     from logged_models m join experiments e using (experiment_id) left join registry_runs r on r.registry_run_id = m.source_run_id
     where model_id = $1 and m.lifecycle_stage = 'active'`,
    [modelId],
  );
  return rows[0] ?? null;
}
