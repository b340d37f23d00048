import { randomUUID } from 'node:crypto';
import { conflict } from '../../contracts/failures.ts';
import type { ModelSpec } from '../../contracts/models.ts';
import type { RegistryRun, RegistryRunStatus, Tags } from '../../contracts/registry.ts';
import { prepare, type Database } from '../../platform/postgres.ts';

/** One value of a metric's history; the latest is the one of the greatest step, then time. */
export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly recordedAt: Date;
}

/**
 * Starts a run, or finds the one that this origin started before.
 * @param origin what made it, such as `training/2026-11-23-a1/neural_cf`; null for a run that is nobody's retry
 * @param parentRunId the run that it is a part of
 * @returns its id: 32 hexadecimal digits
 */
export async function startRegistryRun(
  db: Database,
  { experimentId, name, userId, origin, parentRunId = null }: StartedRun,
): Promise<string> {
  const id = randomUUID().replaceAll('-', '');
  const { rows } = await db.query<{ registry_run_id: string }>(
    `insert into registry_runs (registry_run_id, experiment_id, name, user_id, status, origin, parent_run_id)
     values ($1, $2, $3, $4, 'RUNNING', $5, $6)
     on conflict (origin) do update set origin = excluded.origin
     returning registry_run_id`,
    [id, experimentId, name, userId, origin, parentRunId],
  );
  return rows[0]!.registry_run_id;
}

interface StartedRun {
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly origin: string | null;
  readonly parentRunId?: string | null;
}

/** Hyper-parameters as the registry keeps them: what is no text, as JSON. */
export const paramsOf = (spec: ModelSpec): Record<string, string> =>
  Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]));

/** A parameter that a run has, and the other value that was sent. */
export interface ChangedParam {
  readonly key: string;
  readonly logged: string;
  readonly sent: string;
}

/** Logs parameters; the same ones again change nothing. @returns those that the run has with another value: whoever calls undoes the rest */
export async function addParams(db: Database, runId: string, params: Readonly<Record<string, string>>): Promise<ChangedParam[]> {
  const { rows } = await db.query<{ key: string }>(
    `insert into registry_run_params (registry_run_id, key, value)
     select $1, key, value from unnest($2::text[], $3::text[]) as sent (key, value) order by key
     on conflict (registry_run_id, key) do update set value = excluded.value where registry_run_params.value = excluded.value
     returning key`,
    [runId, Object.keys(params), Object.values(params)],
  );
  const same = new Set(rows.map(({ key }) => key));
  const changed = Object.keys(params).filter((key) => !same.has(key));
  if (changed.length === 0) return [];
  const logged = await db.query<{ key: string; value: string }>(
    'select key, value from registry_run_params where registry_run_id = $1 and key = any($2::text[]) order by key',
    [runId, changed],
  );
  return logged.rows.map(({ key, value }) => ({ key, logged: value, sent: params[key]! }));
}

/**
 * Logs parameters; the same ones again change nothing.
 * @throws Failure `conflict` for one that the run has with another value
 */
export async function logParams(db: Database, runId: string, params: Readonly<Record<string, string>>): Promise<void> {
  const changed = (await addParams(db, runId, params)).map(({ key }) => key);
  if (changed.length > 0) throw conflict(`run ${runId} has another value of ${changed.join(', ')}; a logged parameter stays as it is`);
}

/** @param which SQL that says nothing where the run is not to be logged into */
const logMetricsSql = (which: string) => `
  with run as (${which}), sent as (
    select sent.* from run, unnest($2::text[], $3::float8[], $4::bigint[], $5::timestamptz[]) as sent (key, value, step, recorded_at)
  ), history as (
    insert into registry_run_metrics (registry_run_id, key, value, step, recorded_at)
    select $1, key, value, step, recorded_at from sent order by key, step, recorded_at, value
    on conflict do nothing
  ), latest as (
    insert into registry_run_latest_metrics as l (registry_run_id, key, value, step, recorded_at)
    select distinct on (key) $1, key, value, step, recorded_at from sent order by key, step desc, recorded_at desc, value desc
    on conflict (registry_run_id, key) do update set value = excluded.value, step = excluded.step, recorded_at = excluded.recorded_at
    where (excluded.step, excluded.recorded_at, excluded.value) > (l.step, l.recorded_at, l.value)
  )
  select from run`;
const LOG_METRICS = prepare(logMetricsSql('select'));
const LOG_ACTIVE_METRICS = prepare(logMetricsSql(`select from registry_runs where registry_run_id = $1 and lifecycle_stage = 'active'`));

const columnsOf = (points: readonly MetricPoint[]) => [
  points.map(({ key }) => key),
  points.map(({ value }) => value),
  points.map(({ step }) => step),
  points.map(({ recordedAt }) => recordedAt),
];

/** Logs points of metrics' histories, and the latest of each beside them; the same ones again change nothing. */
export async function logMetrics(db: Database, runId: string, points: readonly MetricPoint[]): Promise<void> {
  await db.query(LOG_METRICS([runId, ...columnsOf(points)]));
}

/** The same for a run that is not deleted. @returns whether there is one; where there is none nothing is logged */
export async function logActiveMetrics(db: Database, runId: string, points: readonly MetricPoint[]): Promise<boolean> {
  const { rowCount } = await db.query(LOG_ACTIVE_METRICS([runId, ...columnsOf(points)]));
  return rowCount === 1;
}

export async function setRunTags(db: Database, runId: string, tags: Tags): Promise<void> {
  await db.query(
    `insert into registry_run_tags (registry_run_id, key, value) select $1, key, value from unnest($2::text[], $3::text[]) as sent (key, value) order by key
     on conflict (registry_run_id, key) do update set value = excluded.value`,
    [runId, Object.keys(tags), Object.values(tags)],
  );
}

/** @param worked when what a run tells of was done, where it is written down afterwards: up to when, and for how many milliseconds */
export async function finishRun(
  db: Database,
  runId: string,
  status: Exclude<RegistryRunStatus, 'RUNNING' | 'SCHEDULED'>,
  worked?: { readonly until: Date; readonly ms: number },
): Promise<void> {
  await db.query(
    'update registry_runs set status = $2, ended_at = coalesce($3, now()), started_at = coalesce($4, started_at) where registry_run_id = $1',
    [runId, status, worked?.until ?? null, worked ? new Date(worked.until.getTime() - Math.round(worked.ms)) : null],
  );
}

export async function getRegistryRun(db: Database, runId: string): Promise<RegistryRun | null> {
  const { rows } = await db.query<Omit<RegistryRun, 'started_at' | 'ended_at'> & { started_at: Date; ended_at: Date | null }>(
    `select registry_run_id, experiment_id::text, name, user_id, status, origin, parent_run_id, started_at, ended_at,
       (select coalesce(jsonb_object_agg(key, value), '{}') from registry_run_params p where p.registry_run_id = r.registry_run_id) as params,
       (select coalesce(jsonb_object_agg(key, value), '{}') from registry_run_tags t where t.registry_run_id = r.registry_run_id) as tags,
       (select coalesce(jsonb_object_agg(key, value), '{}') from registry_run_latest_metrics m
         where m.registry_run_id = r.registry_run_id and value <> 'NaN') as metrics
     from registry_runs r where registry_run_id = $1`,
    [runId],
  );
  const run = rows[0];
  return run ? { ...run, started_at: run.started_at.toISOString(), ended_at: run.ended_at?.toISOString() ?? null } : null;
}
