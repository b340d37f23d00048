import { randomUUID } from 'node:crypto';
import type { Tags } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { msSql } from './columns.ts';
import type { LoggedMetric } from './wholeRuns.ts';
import { searchPage, type Found, type Search, type Subject } from './search.ts';

export const LOGGED_MODEL_STATUSES = ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED'] as const;
export type LoggedModelStatus = (typeof LOGGED_MODEL_STATUSES)[number];

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** A model that a run made, before and beside any registered version. Times in ms since 1970. */
export interface LoggedModel {
  readonly model_id: string;
  readonly experiment_id: string;
  readonly artifact_location: string | null;
  readonly name: string;
  readonly model_type: string;
  readonly status: LoggedModelStatus;
  readonly source_run_id: string;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly metrics: readonly (LoggedMetric & { run_id: string; dataset_name: string; dataset_digest: string })[];
}

const listOf = (item: string, table: string) =>
  `(select coalesce(json_agg(${item} order by key), '[]') from ${table} t where t.model_id = m.model_id)`;
const PAIR = `json_build_object('key', key, 'value', value)`;
const METRIC = `json_build_object('key', key, 'value', value, 'timestamp', ${msSql('recorded_at')}, 'step', step,
  'run_id', registry_run_id, 'dataset_name', dataset_name, 'dataset_digest', dataset_digest)`;
const COLUMNS = `m.model_id, m.experiment_id::text, e.artifact_location, m.name, m.model_type, m.status, m.source_run_id,
  ${msSql('m.created_at')} as created_ms, ${msSql('m.updated_at')} as updated_ms,
  ${listOf(PAIR, 'logged_model_params')} as params, ${listOf(PAIR, 'logged_model_tags')} as tags, ${listOf(METRIC, 'logged_model_metrics')} as metrics`;

export interface NewLoggedModel {
  readonly experimentId: string;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly params: Tags;
  readonly tags: Tags;
}

/** @returns its id: m- and 32 hexadecimal digits */
export async function createLoggedModel(db: Database, model: NewLoggedModel): Promise<string> {
  const id = `m-${randomUUID().replaceAll('-', '')}`;
  const { experimentId, name, modelType, sourceRunId, params, tags } = model;
  await db.query(
    `with made as (
       insert into logged_models (model_id, experiment_id, name, model_type, source_run_id) values ($1, $2, $3, $4, $5)
     ), given as (
       insert into logged_model_params (model_id, key, value) select $1, key, value from unnest($6::text[], $7::text[]) as sent (key, value)
     )
     insert into logged_model_tags (model_id, key, value) select $1, key, value from unnest($8::text[], $9::text[]) as sent (key, value)`,
    [id, experimentId, name, modelType, sourceRunId, Object.keys(params), Object.values(params), Object.keys(tags), Object.values(tags)],
  );
  return id;
}

/** Those that are there, in the order of their ids; deleted ones where asked. */
export async function readLoggedModels(
  db: Database,
  ids: readonly string[],
  stages: readonly string[] = ['active'],
): Promise<LoggedModel[]> {
  const { rows } = await db.query<LoggedModel>(
    `select ${COLUMNS} from logged_models m join experiments e using (experiment_id)
     join unnest($1::text[]) with ordinality as asked (model_id, nth) using (model_id) where m.lifecycle_stage = any($2::text[]) order by nth`,
    [ids, stages],
  );
  return rows;
}

/** @returns whether there is such a model */
export async function setLoggedModelStatus(db: Database, id: string, status: LoggedModelStatus): Promise<boolean> {
  const { rowCount } = await db.query('update logged_models set status = $2, updated_at = now() where model_id = $1', [id, status]);
  return rowCount === 1;
}

/** It is kept, out of every list. @returns whether there is such a model */
export async function deleteLoggedModel(db: Database, id: string): Promise<boolean> {
  const { rowCount } = await db.query(`update logged_models set lifecycle_stage = 'deleted', updated_at = now() where model_id = $1`, [id]);
  return rowCount === 1;
}

export async function setLoggedModelTags(db: Database, id: string, tags: Tags): Promise<void> {
  await db.query(
    `insert into logged_model_tags (model_id, key, value) select $1, key, value from unnest($2::text[], $3::text[]) as sent (key, value) order by key
     on conflict (model_id, key) do update set value = excluded.value`,
    [id, Object.keys(tags), Object.values(tags)],
  );
}

/** @returns whether it was there */
export async function deleteLoggedModelTag(db: Database, id: string, key: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from logged_model_tags where model_id = $1 and key = $2', [id, key]);
  return rowCount === 1;
}

/** The same ones again change nothing. @returns the keys that the model has with another value, which stays */
export async function addLoggedModelParams(db: Database, id: string, params: Tags): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `insert into logged_model_params (model_id, key, value) select $1, key, value from unnest($2::text[], $3::text[]) as sent (key, value) order by key
     on conflict (model_id, key) do update set value = excluded.value where logged_model_params.value = excluded.value returning key`,
    [id, Object.keys(params), Object.values(params)],
  );
  const same = new Set(rows.map(({ key }) => key));
  return Object.keys(params).filter((key) => !same.has(key));
}

/** A point of a metric that was measured on a model. */
export interface ModelMetricPoint {
  readonly modelId: string;
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly recordedAt: Date;
  readonly datasetName: string;
  readonly datasetDigest: string;
}

/** Points for models that are not there are passed over, the same ones again change nothing. */
export async function logModelMetrics(db: Database, runId: string, points: readonly ModelMetricPoint[]): Promise<void> {
  await db.query(
    `insert into logged_model_metrics (model_id, key, registry_run_id, step, recorded_at, value, dataset_name, dataset_digest)
     select model_id, key, $1, step, recorded_at, value, dataset_name, dataset_digest
     from unnest($2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::float8[], $7::text[], $8::text[])
       as sent (model_id, key, step, recorded_at, value, dataset_name, dataset_digest)
     join logged_models using (model_id) order by model_id, key, recorded_at, step
     on conflict do nothing`,
    [
      runId,
      points.map(({ modelId }) => modelId),
      points.map(({ key }) => key),
      points.map(({ step }) => step),
      points.map(({ recordedAt }) => recordedAt),
      points.map(({ value }) => value),
      points.map(({ datasetName }) => datasetName),
      points.map(({ datasetDigest }) => datasetDigest),
    ],
  );
}

const OF_MODEL = 'k.model_id = m.model_id';

/** By what logged models are found and ordered. Of a metric the latest value counts. */
export const LOGGED_MODEL_SEARCH: Subject = {
  from: 'logged_models m',
  select: 'm.model_id as id',
  attributes: {
    model_id: { sql: 'm.model_id', kind: 'text' },
    experiment_id: { sql: 'm.experiment_id', kind: 'bigint', comparedAs: 'm.experiment_id::text' },
    name: { sql: 'm.name', kind: 'text' },
    model_type: { sql: 'm.model_type', kind: 'text' },
    status: { sql: 'm.status', kind: 'text' },
    source_run_id: { sql: 'm.source_run_id', kind: 'text' },
    creation_timestamp: { sql: msSql('m.created_at'), kind: 'bigint' },
    last_updated_timestamp: { sql: msSql('m.updated_at'), kind: 'bigint' },
  },
  keyed: {
    metric: {
      table: `(select distinct on (model_id, key) model_id, key, value from logged_model_metrics order by model_id, key, recorded_at desc, step desc)`,
      of: OF_MODEL,
      kind: 'float8',
    },
    parameter: { table: 'logged_model_params', of: OF_MODEL, kind: 'text' },
    tag: { table: 'logged_model_tags', of: OF_MODEL, kind: 'text' },
  },
  natural: [
    { on: 'attribute', key: 'creation_timestamp', ascending: false },
    { on: 'attribute', key: 'model_id', ascending: true },
  ],
};

export interface DatasetOfMetrics {
  readonly name: string;
  readonly digest: string | null;
}

/** @param datasets where there are any: models that have a metric on one of them */
export const searchLoggedModels = (
  db: Database,
  search: Omit<Search, 'where'> & { experimentIds: readonly string[]; datasets: readonly DatasetOfMetrics[] },
): Promise<Found<LoggedModel>> =>
  searchPage(
    db,
    LOGGED_MODEL_SEARCH,
    {
      ...search,
      where: (bind) => [
        `m.experiment_id = any(${bind(search.experimentIds)}::bigint[])`,
        `m.lifecycle_stage = 'active'`,
        ...(search.datasets.length === 0
          ? []
          : [
              `exists (select from logged_model_metrics k join unnest(${bind(search.datasets.map(({ name }) => name))}::text[],
                 ${bind(search.datasets.map(({ digest }) => digest))}::text[]) as d (name, digest)
               on k.dataset_name = d.name and k.dataset_digest = coalesce(d.digest, k.dataset_digest) where ${OF_MODEL})`,
            ]),
      ],
    },
    (ids) => readLoggedModels(db, ids),
  );
