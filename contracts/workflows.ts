/** The workflows of the platform: their names, their ids, their queues. Nobody spells one by hand elsewhere. */

export const WORKFLOWS = {
  movieDataCollection: { prefix: 'collection', airflowId: 'movie_data_collection' },
  featureMaterialization: { prefix: 'materialize', airflowId: 'feature_materialization' },
  movieTrainingPipeline: { prefix: 'training', airflowId: 'movie_training_pipeline' },
  modelSweep: { prefix: 'sweep', airflowId: 'model_sweep' },
  batchRecommendations: { prefix: 'batch', airflowId: 'batch_recommendations' },
  dataImport: { prefix: 'import', airflowId: 'data_import' },
  driftRetrain: { prefix: 'drift-retrain', airflowId: 'drift_retrain' },
  tmdbCollection: { prefix: 'tmdb-collection', airflowId: 'tmdb_collection' },
  tmdbRetention: { prefix: 'tmdb-retention', airflowId: 'tmdb_retention' },
  scheduleBackfill: { prefix: 'backfill', airflowId: 'schedule_backfill' },
} as const;

export type WorkflowName = keyof typeof WORKFLOWS;
export const WORKFLOW_NAMES = Object.keys(WORKFLOWS) as [WorkflowName, ...WorkflowName[]];

/** Workflows a caller starts by name. `driftRetrain` is started by an alert alone. */
export const STARTABLE_WORKFLOWS = [
  'movieDataCollection',
  'featureMaterialization',
  'movieTrainingPipeline',
  'modelSweep',
  'batchRecommendations',
  'tmdbCollection',
  'tmdbRetention',
  'dataImport',
] as const;
export type StartableWorkflow = (typeof STARTABLE_WORKFLOWS)[number];

export const TASK_QUEUES = { control: 'control', training: 'training', trainingGpu: 'training-gpu' } as const;

/** Steps that the guide calls otherwise than the activity that does them. */
const STEPS_OF_THE_GUIDE: Readonly<Record<string, string>> = { registerModel: 'register_model_to_mlflow' };

/** Name of an activity's step in the ledger, the API, the CLI and Airflow: the activity's own in snake case, or as the guide has it. */
export const stepOf = (activity: string): string =>
  STEPS_OF_THE_GUIDE[activity] ?? activity.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Id of a run: `<prefix>/<run>`, for example `training/2026-11-23-a1`. The same string names it in Temporal, the API and the CLI. */
export const runId = (workflow: WorkflowName, run: string): string => `${WORKFLOWS[workflow].prefix}/${run}`;

/** Id of the child of a training run that makes one model. */
export const modelRunId = (trainingRunId: string, name: string): string => `${trainingRunId}/${name}`;

/** Id of the child of a collection run that asks TMDB. */
export const tmdbRunId = (collectionRunId: string): string => `${collectionRunId}/tmdb`;

/** Id of the child of a collection run that brings the features up to what was collected. */
export const featuresRunId = (collectionRunId: string): string => `${collectionRunId}/features`;

export const driftRetrainId = (modelName: string): string => runId('driftRetrain', modelName);

/** The run that a workflow id belongs to: a child's steps are shown with the run that started it. */
export function rootRunId(workflowId: string): { runId: string; subject: string | null } {
  const [prefix = '', run = '', subject] = workflowId.split('/');
  return { runId: `${prefix}/${run}`, subject: subject ?? null };
}

/** A run's own part of its id, as callers may choose it: letters, digits and `._:+-`, at most 100. */
export const RUN_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$/;

/** Signal of `driftRetrain`: one drift alert for its model. */
export const DRIFT_ALERT_SIGNAL = 'driftAlert';
