import { randomUUID } from 'node:crypto';
import type { RegistryRunStatus, Tags } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { columnsSql, rowsOf, type Columns } from './columns.ts';
import type { LifecycleStage } from './experiments.ts';
import { searchPage, type Found, type Search, type Subject } from './search.ts';

/** A value of a metric with its time in ms since 1970. NaN is a word, as in JSON. */
export interface LoggedMetric {
  readonly key: string;
  readonly value: number | 'NaN';
  readonly step: number;
  readonly timestamp: number;
}
interface Pair {
  readonly key: string;
  readonly value: string;
}
export interface UsedDataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: readonly Pair[];
}
interface UsedModel {
  readonly model_id: string;
  readonly step: number;
}

/** A run with all that was logged into it. Times in ms since 1970. */
export interface ClientRun {
  readonly registry_run_id: string;
  readonly experiment_id: string;
  readonly artifact_location: string | null;
  readonly name: string;
  readonly user_id: string;
  readonly status: RegistryRunStatus;
  readonly lifecycle_stage: LifecycleStage;
  readonly start_ms: number;
  readonly end_ms: number | null;
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly datasets: readonly UsedDataset[];
  readonly model_inputs: readonly UsedModel[];
  readonly model_outputs: readonly UsedModel[];
}

const MS = (time: string) => `(extract(epoch from ${time}) * 1000)::bigint`;
const listOf = (item: string, from: string, order: string) => `(select coalesce(json_agg(${item} order by ${order}), '[]') from ${from})`;
const OF_RUN = 'registry_run_id = r.registry_run_id';
const modelsOf = (role: 'input' | 'output') =>
  listOf(`json_build_object('model_id', model_id, 'step', step)`, `registry_run_models where ${OF_RUN} and role = '${role}'`, 'used_at');

const INFO = `r.registry_run_id, r.experiment_id::text, e.artifact_location, r.name, r.user_id, r.status, r.lifecycle_stage,
  ${MS('r.started_at')} as start_ms, ${MS('r.ended_at')} as end_ms`;
const COLUMNS = `${INFO},
  (select ${columnsSql(['key', 'value', MS('recorded_at'), 'step'], 'key')} from registry_run_latest_metrics where ${OF_RUN}) as metrics,
  (select ${columnsSql(['key', 'value'], 'key')} from registry_run_params where ${OF_RUN}) as params,
  (select ${columnsSql(['key', 'value'], 'key')} from registry_run_shown_tags where ${OF_RUN}) as tags,
  ${listOf(
    `json_build_object('name', name, 'digest', digest, 'source_type', source_type, 'source', source, 'schema', schema, 'profile', profile, 'tags', tags)`,
    `registry_run_datasets join registry_datasets using (dataset_id) where ${OF_RUN}`,
    'used_at',
  )} as datasets,
  ${modelsOf('input')} as model_inputs, ${modelsOf('output')} as model_outputs`;

export interface NewRun {
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly startedAt: Date;
  readonly tags: Tags;
}

/** @returns its id: 32 hexadecimal digits */
export async function createClientRun(db: Database, { experimentId, name, userId, startedAt, tags }: NewRun): Promise<string> {
  const id = randomUUID().replaceAll('-', '');
  await db.query(
    `with made as (
       insert into registry_runs (registry_run_id, experiment_id, name, user_id, status, started_at) values ($1, $2, $3, $4, 'RUNNING', $5)
     )
     insert into registry_run_tags (registry_run_id, key, value) select $1, key, value from unnest($6::text[], $7::text[]) as sent (key, value)`,
    [id, experimentId, name, userId, startedAt, Object.keys(tags), Object.values(tags)],
  );
  return id;
}

/** Inside a transaction: changes of a run that read it first come one at a time. */
export async function holdClientRun(db: Database, id: string): Promise<void> {
  await db.query('select from registry_runs where registry_run_id = $1 for no key update', [id]);
}

/** Whole runs in the order of their ids, those that are there. */
export async function readClientRuns(db: Database, ids: readonly string[]): Promise<ClientRun[]> {
  const { rows } = await db.query<RunRow>(
    `select ${COLUMNS} from registry_runs r join experiments e using (experiment_id)
     join unnest($1::text[]) with ordinality as asked (registry_run_id, nth) using (registry_run_id) order by nth`,
    [ids],
  );
  return rows.map(({ metrics, params, tags, ...run }) => ({
    ...run,
    metrics: rowsOf(metrics, metricOf),
    params: rowsOf(params, pairOf),
    tags: rowsOf(tags, pairOf),
  }));
}

type RunRow = Omit<ClientRun, 'metrics' | 'params' | 'tags'> & Record<'metrics' | 'params' | 'tags', Columns>;
const metricOf = (key: string, value: LoggedMetric['value'], timestamp: number, step: number): LoggedMetric => ({
  key,
  value,
  timestamp,
  step,
});
const pairOf = (key: string, value: string): Pair => ({ key, value });

/** What can be said of a run at once, without what was logged into it. */
export type RunInfo = Omit<ClientRun, 'metrics' | 'params' | 'tags' | 'datasets' | 'model_inputs' | 'model_outputs'>;

export async function readRunInfo(db: Database, id: string): Promise<RunInfo | null> {
  const { rows } = await db.query<RunInfo>(
    `select ${INFO} from registry_runs r join experiments e using (experiment_id) where registry_run_id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Changes what is given. @returns whether there is an active run of this id */
export async function updateClientRun(
  db: Database,
  id: string,
  { status, endedAt, name }: { status: RegistryRunStatus | null; endedAt: Date | null; name: string | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update registry_runs set status = coalesce($2, status), ended_at = coalesce($3, ended_at), name = coalesce($4, name)
     where registry_run_id = $1 and lifecycle_stage = 'active'`,
    [id, status, endedAt, name],
  );
  return rowCount === 1;
}

/** @returns whether there is such a run */
export async function moveClientRun(db: Database, id: string, to: LifecycleStage): Promise<boolean> {
  const { rowCount } = await db.query('update registry_runs set lifecycle_stage = $2 where registry_run_id = $1', [id, to]);
  return rowCount === 1;
}

/** @returns whether it was there */
export async function deleteRunTag(db: Database, id: string, key: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from registry_run_tags where registry_run_id = $1 and key = $2', [id, key]);
  return rowCount === 1;
}

const keyed = (table: string, kind: 'text' | 'float8') => ({ table, of: `k.${OF_RUN}`, kind });

/** By what runs are found and ordered. */
export const RUN_SEARCH: Subject = {
  from: 'registry_runs r join experiments e using (experiment_id)',
  select: 'r.registry_run_id as id',
  attributes: {
    run_id: { sql: 'r.registry_run_id', kind: 'text' },
    run_name: { sql: 'r.name', kind: 'text' },
    user_id: { sql: 'r.user_id', kind: 'text' },
    status: { sql: 'r.status', kind: 'text' },
    artifact_uri: {
      sql: `coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.experiment_id) || '/' || r.registry_run_id || '/artifacts'`,
      kind: 'text',
    },
    start_time: { sql: MS('r.started_at'), kind: 'bigint' },
    end_time: { sql: MS('r.ended_at'), kind: 'bigint' },
  },
  keyed: {
    metric: keyed('registry_run_latest_metrics', 'float8'),
    parameter: keyed('registry_run_params', 'text'),
    tag: keyed('registry_run_shown_tags', 'text'),
  },
  natural: [
    { on: 'attribute', key: 'start_time', ascending: false },
    { on: 'attribute', key: 'run_id', ascending: true },
  ],
  datasetCondition: (key, compare) => {
    const used = `select from registry_run_datasets u join registry_datasets d using (dataset_id) where u.${OF_RUN}`;
    if (key !== 'context') return `exists (${used} and ${compare(key === 'name' ? 'd.name' : 'd.digest')})`;
    const tags = `jsonb_to_recordset(u.tags) as t (key text, value text)`;
    return `exists (${used} and exists (select from ${tags} where t.key = 'mlflow.data.context' and ${compare('t.value')}))`;
  },
};

export const searchClientRuns = (
  db: Database,
  search: Omit<Search, 'where'> & { experimentIds: readonly string[]; stages: readonly LifecycleStage[] },
): Promise<Found<ClientRun>> =>
  searchPage(
    db,
    RUN_SEARCH,
    {
      ...search,
      where: (bind) => [
        `r.experiment_id = any(${bind(search.experimentIds)}::bigint[])`,
        `r.lifecycle_stage = any(${bind(search.stages)}::text[])`,
      ],
    },
    (ids) => readClientRuns(db, ids),
  );
