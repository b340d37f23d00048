import type { MetricDefinitions } from './definition.ts';

const MODEL_VERSION = { model: 'name of a model', version: 'that champion and challenger are' };

const FEATURE = { view: 'name of a feature view', feature: 'name of one of its features' };
const FEATURES = {
  feature_null_rate: { kind: 'gauge', help: 'Share of nulls, 0 to 1', labels: FEATURE },
  feature_min: { kind: 'gauge', help: 'Least value; of a list, least item', labels: FEATURE },
  feature_max: { kind: 'gauge', help: 'Greatest value; of a list, greatest item', labels: FEATURE },
  feature_rules_broken: { kind: 'gauge', help: 'Parts of its rule that do not hold', labels: FEATURE },
  feature_view_rows: { kind: 'gauge', help: 'Offline rows', labels: { view: FEATURE.view } },
  feature_view_age_seconds: {
    kind: 'gauge',
    help: 'Time since the moment up to which the view is computed',
    labels: { view: FEATURE.view },
  },
} as const satisfies MetricDefinitions;

const ANSWERED = {
  model: 'name of a model',
  version: 'that answered in the last day',
  route: 'name of a route',
  variant: 'name of one of its variants; a hundred series at most, of those that answered most',
};
const OUTCOMES = {
  outcome_answers: { kind: 'gauge', help: 'Answers that were shown in the last day', labels: ANSWERED },
  outcome_click_through_rate: { kind: 'gauge', help: 'Clicked movies by movies shown, of the last day', labels: ANSWERED },
  outcome_answer_click_rate: { kind: 'gauge', help: 'Answers with a click by answers, of the last day', labels: ANSWERED },
  outcome_conversion_rate: {
    kind: 'gauge',
    help: 'Answers that led to a like or a rating of 4 or better by answers, of the last day',
    labels: ANSWERED,
  },
  outcome_mean_reciprocal_rank: {
    kind: 'gauge',
    help: 'Mean of one by the place of the best placed click, of the last day',
    labels: ANSWERED,
  },
  outcome_mean_rating: { kind: 'gauge', help: 'Mean of the ratings of movies that were shown, of the last day', labels: ANSWERED },
  outcome_coverage: { kind: 'gauge', help: 'Share of the catalogue that was shown, of the last day', labels: ANSWERED },
  outcome_novelty: { kind: 'gauge', help: 'Mean self-information of the movies shown in bits, of the last day', labels: ANSWERED },
} as const satisfies MetricDefinitions;

const USERS = {
  user_sessions_active: { kind: 'gauge', help: 'Sessions in which something was done in the last 30 minutes' },
  user_satisfaction_ratio: {
    kind: 'gauge',
    help: 'Likes and ratings of 4 or better by all opinions of the last day, 0 to 1; without a value where nobody gave one',
  },
  interactions_last_timestamp_seconds: { kind: 'gauge', help: 'When the latest interaction arrived; without a value where there is none' },
} as const satisfies MetricDefinitions;

const ROLLOUTS = {
  wanted_replicas: {
    kind: 'gauge',
    help: 'Replicas that are wanted of a service',
    labels: { service: 'of the services that are watched' },
  },
  canary_share: { kind: 'gauge', help: 'Share of the users that a version has that is rolled out', labels: { route: 'name of a route' } },
  canary_rollouts: {
    kind: 'gauge',
    help: 'Rollouts by how they stand or ended',
    labels: { state: 'one of the states of a rollout' },
  },
} as const satisfies MetricDefinitions;

const MIRROR = {
  registry_mirror_reached: { kind: 'gauge', help: '1 where the MLflow server of MLFLOW_MIRROR_URI answered the last time' },
  registry_mirror_behind: {
    kind: 'gauge',
    help: 'Runs, models and versions that it does not have yet as they are now, or has though they were deleted',
  },
} as const satisfies MetricDefinitions;

const MODELS = {
  model_accuracy: {
    kind: 'gauge',
    help: 'A measure of the evaluation that champions and challengers had',
    labels: { ...MODEL_VERSION, metric: 'a measure of an evaluation, such as ndcg_at_10 or rmse' },
  },
  model_drift_score: {
    kind: 'gauge',
    help: 'Difference of a column in the latest drift report, by its threshold: from 1 on it counts where it is beyond chance',
    labels: { model: 'name of a model', column: 'a column of a drift report' },
  },
  model_drift_report_timestamp_seconds: {
    kind: 'gauge',
    help: 'End of the span that the latest drift report judged',
    labels: { model: 'name of a model' },
  },
} as const satisfies MetricDefinitions;

const WORKFLOW = { workflow: 'name of a workflow' };
const WORKFLOWS = {
  workflow_runs_started_total: { kind: 'counter', help: 'Runs in the ledger', labels: WORKFLOW },
  workflow_runs_ended_total: {
    kind: 'counter',
    help: 'Runs in the ledger that ended',
    labels: { ...WORKFLOW, state: 'success, failed or cancelled' },
  },
  workflow_runs_open: { kind: 'gauge', help: 'Runs in the ledger that have not ended', labels: WORKFLOW },
  workflow_run_last_end_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the latest run ended that ended so',
    labels: { ...WORKFLOW, state: 'success, failed or cancelled' },
  },
} as const satisfies MetricDefinitions;

const QUEUE = { queue: 'name of a task queue', kind: 'workflow or activity' };
const QUEUES = {
  task_queue_backlog: { kind: 'gauge', help: 'Tasks that wait on a queue of Temporal, nearly', labels: QUEUE },
  task_queue_backlog_age_seconds: { kind: 'gauge', help: 'How long the oldest of them has waited', labels: QUEUE },
  task_queue_pollers: { kind: 'gauge', help: 'Workers that took from the queue within the last minutes', labels: QUEUE },
} as const satisfies MetricDefinitions;

const CERTIFICATES = {
  certificate_expiry_timestamp_seconds: {
    kind: 'gauge',
    help: 'When a certificate of the configuration is valid no more',
    labels: { certificate: 'an engine, and whether it is our own certificate or that of the authorities' },
  },
} as const satisfies MetricDefinitions;

const BACKUPS = {
  backup_last_success_timestamp_seconds: {
    kind: 'gauge',
    help: 'Moment of the database that the newest backup has; absent where there is none',
  },
  backup_drill_last_success_timestamp_seconds: {
    kind: 'gauge',
    help: 'When a backup was restored as a drill and found equal; absent where none was',
  },
  backup_bytes: { kind: 'gauge', help: 'Size of the newest backup, with its blobs' },
  backup_drill_restore_seconds: { kind: 'gauge', help: 'How long the newest drill took to restore the database' },
} as const satisfies MetricDefinitions;

const CHECKED = { system: 'number and name of one of the nine', part: 'what was asked of it' };
const CHECKS = {
  system_check_state: {
    kind: 'gauge',
    help: '1 for the state in which the latest check found a part of the nine systems, 0 for the others',
    labels: { ...CHECKED, state: 'ok, failed or absent: it is not installed here' },
  },
  system_check_answer_seconds: { kind: 'gauge', help: 'How long it took to answer that check', labels: CHECKED },
  system_check_last_timestamp_seconds: { kind: 'gauge', help: 'When the nine systems were asked the last time; absent before the first' },
} as const satisfies MetricDefinitions;

export const CONTROL = {
  features: FEATURES,
  outcomes: OUTCOMES,
  users: USERS,
  rollouts: ROLLOUTS,
  mirror: MIRROR,
  models: MODELS,
  workflows: WORKFLOWS,
  queues: QUEUES,
  certificates: CERTIFICATES,
  backups: BACKUPS,
  checks: CHECKS,
};
