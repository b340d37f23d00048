import { randomUUID } from 'node:crypto';
import type { RegistryRunStatus, Tags } from '../../contracts/registry.ts';
import { prepare, type Database } from '../../platform/postgres.ts';
import { msSql } from './columns.ts';
import type { LifecycleStage } from './experiments.ts';
import { searchPage, type Found, type Search, type Subject } from './search.ts';
import { readClientRuns, type ClientRun, type RunInfo } from './wholeRuns.ts';

const INFO = `r.registry_run_id, r.experiment_id::text, e.artifact_location, r.name, r.user_id, r.status, r.lifecycle_stage,
  ${msSql('r.started_at')} as start_ms, ${msSql('r.ended_at')} as end_ms`;
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

const RUN_INFO = prepare(`select ${INFO} from registry_runs r join experiments e using (experiment_id) where registry_run_id = $1`);

export async function readRunInfo(db: Database, id: string): Promise<RunInfo | null> {
  const { rows } = await db.query<RunInfo>(RUN_INFO([id]));
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

const OF_RUN = 'registry_run_id = r.registry_run_id';
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
    start_time: { sql: msSql('r.started_at'), kind: 'bigint' },
    end_time: { sql: msSql('r.ended_at'), kind: 'bigint' },
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
