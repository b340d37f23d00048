import type { BlobKind } from '../../contracts/blobCleanup.ts';
import type { StoreStep } from '../../contracts/erasure.ts';

/** A place that keeps what is told of users, and what becomes of it. */
export interface StoreRow extends Omit<StoreStep, 'store'> {
  /** What is there, and where */
  readonly holds: string;
  /** By what a user is found in it */
  readonly key: string;
  readonly erases: string;
  /** How it is looked at again; empty where that is the same question once more */
  readonly looks?: string;
  /** What stays, where something has to, and until when */
  readonly kept?: string;
}

const rows = (holds: string) =>
  ({
    holds,
    key: 'user_id',
    erases: 'deletes the rows of the time before',
    by: 'control',
    group: 'source',
  }) as const satisfies StoreRow;

/** Every store that can hold a user. docs/erasure.md tells the same, and test/integration/erasureStores.test.ts holds that no table, blob and topic is left out. */
export const STORES = {
  ratings: rows('What came with imported sets: the table `ratings` with a partition a set'),
  users: rows('What is known of users, and keys that are theirs: the tables `users` and `api_keys`'),
  interactions: rows('What users did, and what is counted of it: the tables `interactions`, `trend_latest` and `pushed_choices`'),
  searches: rows('What users searched for: the table `searches`'),
  served_answers: rows('What users were recommended: the table `served_answers`'),
  outbox: {
    ...rows('Events on their way to Kafka: the tables `outbox` and `outbox_refused`'),
    key: 'the key of the message, or user_id in its payload',
  },
  staging: { ...rows('Sets that are being imported: tables of the schema `staging`'), erases: 'deletes the rows' },
  waiting_answers: {
    ...rows('Answers that the model server has written down and not stored: `served/` of the state folder'),
    erases: 'a model server stores none of the time before; what one that is gone left is written anew',
  },
  features_offline: {
    holds: 'Features of users: the offline tables of the views of users, and `feature_fingerprints`',
    key: 'entity_id',
    erases: 'deletes the rows; what the user does later is computed anew',
    by: 'control',
    group: 'derived',
  },
  features_online: {
    holds: 'The latest features of users: Redis, or the tables `feature_online` and `feature_online_staged`',
    key: 'view and entity_id',
    erases: 'deletes the rows, and gives up a batch that stands at the user',
    by: 'control',
    group: 'derived',
  },
  ledger: {
    holds: 'What runs said: reasons of failures, log lines, the plan of a batch: `runs`, `run_steps`, `run_step_logs`, `quality_reports`',
    key: 'how words name a user, and the bounds of shards',
    erases: 'takes the name out of the words, and the bounds out of the plan',
    by: 'control',
    group: 'derived',
  },
  histories: {
    holds: "Temporal's histories of runs whose words or whose shards name the user",
    key: 'as in the ledger',
    erases: 'deletes the executions that are over',
    by: 'control',
    group: 'derived',
  },
  topics: {
    holds: "Kafka's topics, all of them and their dead letters, since a producer may put a message on any",
    key: 'the key of the message, or user_id in its JSON; of another shape the id as a whole string, of what is no JSON as a word',
    erases: 'sends a tombstone where the topic is compacted; ingest passes over what is told of the time before',
    looks: 'reads the topics from end to end',
    kept: 'for the retention that each topic has, which the receipt tells',
    by: 'control',
    group: 'derived',
  },
  watch_log: {
    holds: '`processed/watch_log.csv` and `.parquet`',
    key: 'the column user_id',
    erases: 'is written anew',
    by: 'control',
    group: 'derived',
  },
  rejects: {
    holds: 'Rows that imports set aside: `processed/rejects/`',
    key: 'the id in the row as it was',
    erases: 'the files are written anew',
    by: 'control',
    group: 'derived',
  },
  downloads: {
    holds: 'Sets that imports downloaded and unpacked, where one did not come to its end: `raw/imports/`',
    key: 'none: whole sets',
    erases: 'removes what no import needs that goes on',
    by: 'control',
    group: 'derived',
  },
  batches: {
    holds: 'Tables of batches of recommendations: `runs/<run>/recommendations/` of the blob store',
    key: 'the column user_id',
    erases: 'the parts are written anew',
    by: 'control',
    group: 'derived',
  },
  reports: {
    holds: 'Who was asked what by evaluations: `runs/<run>/report.json` of the blob store',
    key: 'the column user_id',
    erases: "the user's questions are taken out; the figures stay",
    by: 'control',
    group: 'derived',
  },
  checkpoints: {
    holds: 'Where trainings that came to no end stood: `runs/<run>/checkpoints/` of the blob store',
    key: "none: a row of weights for each user of the training's snapshot",
    erases: 'removes those of runs that are over',
    by: 'control',
    group: 'derived',
  },
  snapshots: {
    holds: 'What trainings learnt from: `snapshots/<digest>/` of the blob store',
    key: 'the column user_id',
    erases: "removes the snapshot; a champion's is written anew without the user",
    by: 'training',
    group: 'derived',
  },
  models: {
    holds: 'Models with a row for each user they learnt from: `trained/<kind>/<digest>/` of the blob store',
    key: 'vocabulary.json',
    erases: 'writes a registered one anew without the user, at once, and removes all others; marks the version',
    by: 'training',
    group: 'derived',
  },
} as const satisfies Record<string, StoreRow>;

export type StoreName = keyof typeof STORES;
export const STORE_NAMES = Object.keys(STORES) as StoreName[];

/** As the workflow goes through them. */
export const storeSteps = (): StoreStep[] => STORE_NAMES.map((store) => ({ store, by: STORES[store].by, group: STORES[store].group }));

/** A table, blob or topic belongs to a store, or can hold no user, for a reason. */
type Holds = { readonly store: StoreName } | { readonly none: string };
const none = (why: string): Holds => ({ none: why });
const of = (store: StoreName): Holds => ({ store });
const CLIENTS_WORDS = 'what clients of the registry write, who are no users of the recommender';

/** Every table, but partitions, which are their table's, and the offline tables of features, which are `features_offline` where they are of users. */
export const TABLES: Readonly<Record<string, Holds>> = {
  ratings: of('ratings'),
  users: of('users'),
  interactions: of('interactions'),
  trend_latest: of('interactions'),
  pushed_choices: of('interactions'),
  searches: of('searches'),
  served_answers: of('served_answers'),
  outbox: of('outbox'),
  outbox_refused: of('outbox'),
  feature_fingerprints: of('features_offline'),
  feature_online: of('features_online'),
  feature_online_staged: of('features_online'),
  feature_online_batches: of('features_online'), // the entity at which a batch stands
  runs: of('ledger'),
  run_steps: of('ledger'),
  run_step_logs: of('ledger'),
  quality_reports: of('ledger'), // words about rows that were set aside
  erasures: none('the user stands there until the erasure is done'),
  erasure_stores: none('counts'),
  erased_users: none('keyed hashes, kept on purpose: docs/decisions/erasure.md'),
  erasure_key: none('a key'),
  idempotency_keys: none('hashes of requests, for a day'),
  dead_letter_marks: none('places of messages, and operators'),
  system_health: none('services'),
  drift_alerts: none('models'),
  drift_reports: none('figures'),
  drift_episodes: none('models'),
  drift_decisions: none('models, and operators'),
  movie_pushes: none('movies, counts, and operators'),
  outcome_sums: none('sums by the hour'),
  outcome_hours_due: none('hours'),
  outcome_events: none('counts'),
  outcome_state: none('times'),
  movie_popularity: none('movies'),
  trend_counts: none('movies'),
  canary_rollouts: none('versions, and operators'),
  canary_stages: none('figures'),
  scaling_alerts: none('services'),
  service_watches: none('services'),
  outbox_shards: none('relays'),
  outbox_relays: none('relays'),
  published_shards: none('counts'),
  data_sets: none('counts and digests of whole sets'),
  staged_files: none('how far a file was read'),
  movies: none('movies'),
  movie_external_ids: none('movies'),
  movie_attribute_versions: none('movies'),
  edited_movies: none('movies'),
  own_movie_ids: none('movies'),
  gone_movies: none('movies'),
  title_decisions: none('movies'),
  tmdb_genres: none('movies'),
  tmdb_movies: none('movies'),
  tmdb_details: none('movies'),
  tmdb_asked: none('movies'),
  feature_registry: none('definitions'),
  feature_view_state: none('times'),
  feature_materializations: none('runs'),
  deleted_runs: none('ids of runs'),
  route_revisions: none('routes, and operators'),
  serving_rules: none('movies, and operators'),
  experiments: none(CLIENTS_WORDS),
  experiment_tags: none(CLIENTS_WORDS),
  registry_runs: none('its user_id is who logs the run'),
  registry_run_params: none(CLIENTS_WORDS),
  registry_run_metrics: none('figures'),
  registry_run_latest_metrics: none('figures'),
  registry_run_tags: none(CLIENTS_WORDS),
  registry_datasets: none(CLIENTS_WORDS),
  registry_run_datasets: none(CLIENTS_WORDS),
  registry_run_models: none(CLIENTS_WORDS),
  registered_models: none(CLIENTS_WORDS),
  registered_model_tags: none(CLIENTS_WORDS),
  model_versions: none('of users it has how many it learnt from that are erased'),
  model_version_tags: none(CLIENTS_WORDS),
  model_aliases: none('versions'),
  registry_changes: none('versions, and operators'),
  registry_mirrors: none('servers'),
  registry_mirrored: none('runs and versions'),
  logged_models: none(CLIENTS_WORDS),
  logged_model_params: none(CLIENTS_WORDS),
  logged_model_tags: none(CLIENTS_WORDS),
  logged_model_metrics: none('figures'),
  artifact_digests: none('digests, and who uploaded'),
  webhooks: none('receivers'),
  webhook_deliveries: none('changes of the registry'),
  restores: none('backups'),
  api_keys: of('users'),
  console_sessions: none('names of CREDENTIALS, and ids of keys, which they go with'),
  audit_log: none('callers; a user who calls for themselves stands there as `the user`'),
  schema_migrations: none('migrations'),
  schema_contractions: none('migrations'),
};

/** Every folder of the blob store. */
export const BLOBS: Readonly<Record<BlobKind | 'erasures', readonly Holds[]>> = {
  snapshots: [of('snapshots')],
  trained: [of('models')],
  runs: [of('batches'), of('reports'), of('checkpoints'), none('figures of trainings')],
  artifacts: [none('files of clients of the registry')],
  uploads: [none('parts of such files, for a day')],
  erasures: [none('keyed hashes, kept on purpose: docs/decisions/erasure.md')],
};
