import { TASK_QUEUES, type WorkflowName } from '../../contracts/workflows.ts';

interface TaskSpec {
  readonly task_id: string;
  readonly queue: string;
  /** One for each model, or each part of the work */
  readonly mapped: boolean;
}

const on = (queue: string, mapped: boolean) => (task_id: string) => ({ task_id, queue, mapped });
const step = on(TASK_QUEUES.control, false);
const steps = on(TASK_QUEUES.control, true);
const onTraining = on(TASK_QUEUES.training, false);
/** Or for each trial, or each shard. */
const oneForEachModel = on(TASK_QUEUES.training, true);

/** The steps of each workflow, in the order that they come in. `driftRetrain` has none of its own: it starts training runs. */
const TASKS: Record<WorkflowName, readonly TaskSpec[]> = {
  movieDataCollection: [
    ...['open_collected_set', 'stage_set', 'check_data_quality', 'publish_set', 'discard_staging'].map(step),
    ...['write_popular_movies', 'write_watch_log', 'has_tmdb_key'].map(step),
  ],
  featureMaterialization: [step('resolve_views'), steps('compute_features'), steps('bring_online')],
  movieTrainingPipeline: [
    onTraining('prepare_training_data'),
    oneForEachModel('train_movie_model'),
    oneForEachModel('evaluate_trained_model'),
    steps('register_model_to_mlflow'),
    step('mark_winner'),
  ],
  modelSweep: [
    onTraining('prepare_training_data'),
    step('open_sweep'),
    oneForEachModel('train_trial'),
    steps('record_trial'),
    step('close_sweep'),
  ],
  batchRecommendations: [step('plan_batch'), oneForEachModel('recommend_shard'), steps('publish_shard'), step('finish_batch')],
  dataImport: ['open_imported_set', 'stage_set', 'check_data_quality', 'publish_set', 'discard_staging'].map(step),
  driftRetrain: [],
  tmdbCollection: [
    step('fetch_tmdb_genres'),
    ...['fetch_tmdb_pages', 'load_tmdb_list'].map(steps),
    step('write_tmdb_popular'),
    steps('fetch_stale_tmdb_details'),
  ],
  tmdbRetention: [steps('refresh_expiring_tmdb'), step('erase_expired_tmdb')],
  scheduleBackfill: [step('plan_backfill')],
};

export const taskIdsOf = (workflow: WorkflowName): string[] => TASKS[workflow].map(({ task_id }) => task_id);

/** Retries of a step: the workflows' policies try it eight times. */
export const RETRIES = 7;

/** The tasks of a DAG as Airflow tells them. */
export const tasksOf = (workflow: WorkflowName) =>
  TASKS[workflow].map(({ task_id, queue, mapped }, index, all) => ({
    task_id,
    task_display_name: task_id,
    owner: 'movie-mlops',
    class_ref: { module_path: 'temporalio.activity', class_name: 'Activity' },
    depends_on_past: false,
    doc_md: null,
    downstream_task_ids: all.slice(index + 1, index + 2).map((next) => next.task_id),
    start_date: null,
    end_date: null,
    extra_links: [],
    is_mapped: mapped,
    pool: 'default_pool',
    pool_slots: 1,
    priority_weight: 1,
    queue,
    retries: RETRIES,
    retry_delay: { __type: 'TimeDelta', days: 0, seconds: 1, microseconds: 0 },
    retry_exponential_backoff: true,
    template_fields: [],
    trigger_rule: 'all_success',
    ui_color: '#fff',
    ui_fgcolor: '#000',
    wait_for_downstream: false,
    weight_rule: 'downstream',
  }));
