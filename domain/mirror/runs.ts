import { z } from 'zod';
import type { MlflowServer } from '../../platform/mlflowServer.ts';
import type { Database } from '../../platform/postgres.ts';
import { RUN_TAG } from './tags.ts';
import { unless } from './unless.ts';

/** MLflow takes so many at a time. */
const METRICS_AT_ONCE = 1_000;
const ENTRIES_AT_ONCE = 100;

const nothing = z.unknown();
const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const runSchema = z.object({ info: z.object({ run_id: z.string(), lifecycle_stage: z.string().default('active') }) });
const foundSchema = z.object({ runs: z.array(runSchema).default([]) });
const oneSchema = z.object({ run: runSchema });

interface Entry {
  readonly key: string;
  readonly value: string;
}
interface OwnRun {
  readonly name: string;
  readonly user: string;
  readonly experiment: string;
  readonly status: string;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly params: readonly Entry[];
  readonly tags: readonly Entry[];
  /** The run that it is a part of, as the server knows it */
  readonly parent: string | null;
}

/** Logs a run as it is now, and brings back one that was deleted there; a second time it changes nothing. @returns its id there; null where it is not here */
export async function mirrorRun(db: Database, server: MlflowServer, id: string, known: string | null): Promise<string | null> {
  const run = await readRun(db, server.url, id);
  if (!run) return null;
  const { run_id: runId, lifecycle_stage: stage } = known === null ? await findOrStart(server, id, run) : await getRun(server, known);
  if (stage !== 'active') await server.ask('POST', '/runs/restore', { run_id: runId }, nothing);
  for (const params of inParts(run.params, ENTRIES_AT_ONCE))
    await server.ask('POST', '/runs/log-batch', { run_id: runId, params }, nothing);
  for (const tags of inParts(run.tags, ENTRIES_AT_ONCE)) await server.ask('POST', '/runs/log-batch', { run_id: runId, tags }, nothing);
  await logMetrics(db, server, id, runId);
  const ended = run.ended_at && { end_time: run.ended_at.getTime() };
  await server.ask('POST', '/runs/update', { run_id: runId, status: run.status, run_name: run.name, ...ended }, nothing);
  return runId;
}

/** Deletes a run there, from where its readers may bring it back. */
export async function removeRun(db: Database, server: MlflowServer, id: string, known: string | null): Promise<void> {
  const runId = known ?? (await findDeleted(db, server, id));
  if (runId !== null) await unless('RESOURCE_DOES_NOT_EXIST', server.ask('POST', '/runs/delete', { run_id: runId }, nothing));
}

/** One that was started before a kill, and never marked. Where it is gone for good nothing says any more where it would be. */
async function findDeleted(db: Database, server: MlflowServer, id: string): Promise<string | null> {
  const run = await readRun(db, server.url, id);
  const experimentId = run && (await findExperiment(server, run.experiment));
  return (experimentId && (await findRun(server, experimentId, id))?.run_id) ?? null;
}

async function readRun(db: Database, target: string, id: string): Promise<OwnRun | null> {
  const { rows } = await db.query<OwnRun>(
    `select r.name, r.user_id as user, e.name as experiment, r.status, r.started_at, r.ended_at, p.mirrored_as as parent,
       (select coalesce(jsonb_agg(jsonb_build_object('key', key, 'value', value) order by key), '[]') from registry_run_params l
         where l.registry_run_id = r.registry_run_id) as params,
       (select coalesce(jsonb_agg(jsonb_build_object('key', key, 'value', value) order by key), '[]') from registry_run_tags l
         where l.registry_run_id = r.registry_run_id) as tags
     from registry_runs r join experiments e using (experiment_id)
       left join registry_mirrored p on p.target = $2 and p.kind = 'run' and p.id = r.parent_run_id
     where r.registry_run_id = $1`,
    [id, target],
  );
  return rows[0] ?? null;
}

type RunThere = z.output<typeof runSchema>['info'];

async function getRun(server: MlflowServer, runId: string): Promise<RunThere> {
  return (await server.ask('GET', '/runs/get', { run_id: runId }, oneSchema)).run.info;
}

/** Deleted or not */
async function findRun(server: MlflowServer, experimentId: string, id: string): Promise<RunThere | undefined> {
  const search = { experiment_ids: [experimentId], filter: `tags."${RUN_TAG}" = '${id}'`, run_view_type: 'ALL', max_results: 1 };
  return (await server.ask('POST', '/runs/search', search, foundSchema)).runs[0]?.info;
}

/** The tag comes with the run in one request, so that a run that was started before a kill is found. */
async function findOrStart(server: MlflowServer, id: string, run: OwnRun): Promise<RunThere> {
  const experimentId = await findOrCreateExperiment(server, run.experiment);
  const found = await findRun(server, experimentId, id);
  if (found) return found;
  const tags = [
    { key: RUN_TAG, value: id },
    { key: 'mlflow.user', value: run.user },
    ...(run.parent === null ? [] : [{ key: 'mlflow.parentRunId', value: run.parent }]),
  ];
  const start = { experiment_id: experimentId, run_name: run.name, user_id: run.user, start_time: run.started_at.getTime(), tags };
  return (await server.ask('POST', '/runs/create', start, oneSchema)).run.info;
}

async function findExperiment(server: MlflowServer, name: string): Promise<string | null> {
  const found = await unless(
    'RESOURCE_DOES_NOT_EXIST',
    server.ask('GET', '/experiments/get-by-name', { experiment_name: name }, experimentSchema),
  );
  return found?.experiment.experiment_id ?? null;
}

async function findOrCreateExperiment(server: MlflowServer, name: string): Promise<string> {
  const found = await findExperiment(server, name);
  if (found !== null) return found;
  await unless('RESOURCE_ALREADY_EXISTS', server.ask('POST', '/experiments/create', { name }, nothing)); // somebody may have made it a moment before
  return (await server.ask('GET', '/experiments/get-by-name', { experiment_name: name }, experimentSchema)).experiment.experiment_id;
}

interface Point {
  readonly key: string;
  readonly step: string;
  readonly ms: string;
  readonly value: number;
}

async function logMetrics(db: Database, server: MlflowServer, id: string, runId: string): Promise<void> {
  const { rows } = await db.query<Point>(
    `select key, step::text, (extract(epoch from recorded_at) * 1000)::bigint::text as ms, value from registry_run_metrics
     where registry_run_id = $1 order by recorded_at, key, step, value`,
    [id],
  );
  for (const points of inParts(rows, METRICS_AT_ONCE)) {
    const metrics = points.map(({ key, step, ms, value }) => ({
      ...{ key, step: Number(step), timestamp: Number(ms) },
      value: Number.isFinite(value) ? value : String(value), // as protobuf's JSON has NaN and infinities
    }));
    await server.ask('POST', '/runs/log-batch', { run_id: runId, metrics }, nothing);
  }
}

const inParts = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.slice(part * size, (part + 1) * size));
