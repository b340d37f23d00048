/** Rows that both registries get, by one statement a table: the same runs, metrics, parameters, tags and versions under the same names and ids. */
export interface Sizes {
  /** In the experiment that is searched */
  readonly runs: number;
  /** Of the run with many metrics, each logged once; as many points has the metric `long` of another run */
  readonly metrics: number;
  readonly versions: number;
  /** Latest values of each run that is searched; METRICS_OF_RUN when missing */
  readonly metricsOfRun?: number;
  /** Runs with a history each */
  readonly compared: number;
}

export const METRICS_OF_RUN = 10;
export const POINTS_OF_COMPARED = 1_000;
export const MODELS = 100;
const VERSIONS_OF_MODEL = 20;
export const MANY = 'many versions';

/** Ids are digests of what they are of, as long as a client's. */
export const WIDE_RUN = 'wide';
export const LONG_RUN = 'long';

/** Which runs there are: `id`, the experiment, `nth` within it and how they are called. */
const runsOf = ({ runs, compared }: Sizes, experiments: Experiments) => `(
  select md5('run ' || n) as id, ${experiments.searched} as experiment, n from generate_series(1, ${runs}) n
  union all select md5('compared ' || n), ${experiments.compared}, n from generate_series(1, ${compared}) n
  union all select md5('${WIDE_RUN}'), ${experiments.large}, 1
  union all select md5('${LONG_RUN}'), ${experiments.large}, 2) r`;

export interface Experiments {
  readonly searched: number;
  readonly compared: number;
  readonly large: number;
}

const STARTED_MS = 1_760_000_000_000;
/** Metrics with their latest values; a number from 0 to 1 that is another for each run and metric. */
const latestOf = ({ runs, metrics, compared, metricsOfRun = METRICS_OF_RUN }: Sizes) => `(
  select md5('run ' || n) as id, 'metric ' || m as key, ((n * 7919 + m * 104729) % 10007) / 10007.0 as value, 0 as step from generate_series(1, ${runs}) n, generate_series(1, ${metricsOfRun}) m
  union all select md5('${WIDE_RUN}'), 'metric ' || m, m, 0 from generate_series(1, ${metrics}) m
  union all select md5('${LONG_RUN}'), 'long', ${metrics}, ${metrics - 1}
  union all select md5('compared ' || n), 'loss', ${POINTS_OF_COMPARED}, ${POINTS_OF_COMPARED - 1} from generate_series(1, ${compared}) n) l`;
const historyOf = (sizes: Sizes) => `(
  select id, key, value, step from ${latestOf(sizes)}
  union all select md5('${LONG_RUN}'), 'long', s + 1, s from generate_series(0, ${sizes.metrics - 2}) s
  union all select md5('compared ' || n), 'loss', s + 1, s from generate_series(1, ${sizes.compared}) n, generate_series(0, ${POINTS_OF_COMPARED - 2}) s) h`;
const versionsOf = ({ versions }: Sizes) => `(
  select 'model ' || m as name, v from generate_series(1, ${MODELS}) m, generate_series(1, ${VERSIONS_OF_MODEL}) v
  union all select '${MANY}', v from generate_series(1, ${versions}) v) v`;
const paramsOf = (sizes: Sizes) => `(
  select md5('run ' || n) as id, 'param ' || p as key, ((n + p) % 4)::text as value from generate_series(1, ${sizes.runs}) n, generate_series(1, 5) p) p`;
const SOURCE = (folder: string) => `'s3://models/${folder}'`;

export type RowsOf = (sizes: Sizes, experiments: Experiments) => string[];

export const ourRows: RowsOf = (sizes, experiments) => [
  `insert into registry_runs (registry_run_id, experiment_id, name, user_id, status, started_at, ended_at)
   select id, experiment, 'run ' || n, 'bench', 'FINISHED', to_timestamp(${STARTED_MS / 1000} + n), to_timestamp(${STARTED_MS / 1000} + n + 60) from ${runsOf(sizes, experiments)}`,
  `insert into registry_run_metrics (registry_run_id, key, value, step, recorded_at) select id, key, value, step, to_timestamp(${STARTED_MS / 1000} + step) from ${historyOf(sizes)}`,
  `insert into registry_run_latest_metrics (registry_run_id, key, value, step, recorded_at) select id, key, value, step, to_timestamp(${STARTED_MS / 1000} + step) from ${latestOf(sizes)}`,
  `insert into registry_run_params (registry_run_id, key, value) select id, key, value from ${paramsOf(sizes)}`,
  `insert into registry_run_tags (registry_run_id, key, value) select id, 'mlflow.source.name', 'train.py' from ${runsOf(sizes, experiments)}`,
  `insert into model_versions (name, version, source) select name, v, ${SOURCE('one')} from ${versionsOf(sizes)}`,
  `update registered_models m set next_version = 1 + (select coalesce(max(version), 0) from model_versions v where v.name = m.name)`,
  'vacuum analyze',
];

export const theirRows: RowsOf = (sizes, experiments) => [
  `insert into runs (run_uuid, experiment_id, name, user_id, status, start_time, end_time, source_type, source_name, entry_point_name, source_version, lifecycle_stage, artifact_uri)
   select id, experiment, 'run ' || n, 'bench', 'FINISHED', ${STARTED_MS} + n * 1000, ${STARTED_MS} + n * 1000 + 60000, 'UNKNOWN', '', '', '', 'active',
     'mlflow-artifacts:/' || experiment || '/' || id || '/artifacts' from ${runsOf(sizes, experiments)}`,
  ...(['metrics', 'latest_metrics'] as const).map(
    (table) => `insert into ${table} (run_uuid, key, value, step, timestamp, is_nan)
     select id, key, value, step, ${STARTED_MS} + step * 1000, false from ${table === 'metrics' ? historyOf(sizes) : latestOf(sizes)}`,
  ),
  `insert into params (run_uuid, key, value) select id, key, value from ${paramsOf(sizes)}`,
  `insert into tags (run_uuid, key, value) select id, key, value from ${runsOf(sizes, experiments)},
   lateral (values ('mlflow.source.name', 'train.py'), ('mlflow.runName', 'run ' || n), ('mlflow.user', 'bench')) t (key, value)`,
  `insert into model_versions (name, version, source, storage_location, creation_time, last_updated_time, current_stage, status, description, run_link)
   select name, v, ${SOURCE('one')}, ${SOURCE('one')}, ${STARTED_MS} + v, ${STARTED_MS} + v, 'None', 'READY', '', '' from ${versionsOf(sizes)}`,
  'vacuum analyze',
];
