import { z } from 'zod';
import { ServerRefused, type MlflowServer } from '../../platform/mlflowServer.ts';
import type { Database } from '../../platform/postgres.ts';

/** The tag by which what was logged is found again on the server. */
export const RUN_TAG = 'movie_mlops.run_id';

/** MLflow takes so many at a time. */
const METRICS_AT_ONCE = 1_000;
const ENTRIES_AT_ONCE = 100;

const nothing = z.unknown();
const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const foundSchema = z.object({ runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]) });
const startedSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });

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

/** Logs a run as it is now; a second time it changes nothing. @returns its id there */
export async function mirrorRun(db: Database, server: MlflowServer, id: string, known: string | null): Promise<string> {
  const run = await readRun(db, server.url, id);
  const runId = known ?? (await findOrStart(server, id, run));
  for (const params of inParts(run.params, ENTRIES_AT_ONCE))
    await server.ask('POST', '/runs/log-batch', { run_id: runId, params }, nothing);
  for (const tags of inParts(run.tags, ENTRIES_AT_ONCE)) await server.ask('POST', '/runs/log-batch', { run_id: runId, tags }, nothing);
  await logMetrics(db, server, id, runId);
  const ended = run.ended_at && { end_time: run.ended_at.getTime() };
  await server.ask('POST', '/runs/update', { run_id: runId, status: run.status, run_name: run.name, ...ended }, nothing);
  return runId;
}

async function readRun(db: Database, target: string, id: string): Promise<OwnRun> {
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
  return rows[0]!;
}

/** The tag comes with the run in one request, so that a run that was started before a kill is found. */
async function findOrStart(server: MlflowServer, id: string, run: OwnRun): Promise<string> {
  const experimentId = await findOrCreateExperiment(server, run.experiment);
  const search = { experiment_ids: [experimentId], filter: `tags."${RUN_TAG}" = '${id}'`, max_results: 1 };
  const found = (await server.ask('POST', '/runs/search', search, foundSchema)).runs[0];
  if (found) return found.info.run_id;
  const tags = [
    { key: RUN_TAG, value: id },
    { key: 'mlflow.user', value: run.user },
    ...(run.parent === null ? [] : [{ key: 'mlflow.parentRunId', value: run.parent }]),
  ];
  const start = { experiment_id: experimentId, run_name: run.name, user_id: run.user, start_time: run.started_at.getTime(), tags };
  return (await server.ask('POST', '/runs/create', start, startedSchema)).run.info.run_id;
}

async function findOrCreateExperiment(server: MlflowServer, name: string): Promise<string> {
  const find = () => server.ask('GET', '/experiments/get-by-name', { experiment_name: name }, experimentSchema);
  try {
    return (await find()).experiment.experiment_id;
  } catch (error) {
    if (!(error instanceof ServerRefused && isMissing(error))) throw error;
  }
  await unlessThere(server.ask('POST', '/experiments/create', { name }, nothing));
  return (await find()).experiment.experiment_id;
}

export const isMissing = ({ code }: ServerRefused): boolean => code === 'RESOURCE_DOES_NOT_EXIST';

/** Somebody may have made it a moment before. */
export async function unlessThere(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if (!(error instanceof ServerRefused && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error;
  }
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
