import { missing } from '../../contracts/failures.ts';
import type { ComparedRuns, WholeRun } from '../../contracts/experiments.ts';
import type { Database } from '../../platform/postgres.ts';
import { directionOf } from './compare.ts';
import { isoOf } from './runTable.ts';
import { readClientRuns, type ClientRun } from './wholeRuns.ts';

/** Whole runs beside one another. @throws Failure `missing` for one that is not there, or deleted */
export async function compareRuns(db: Database, asked: readonly string[]): Promise<ComparedRuns> {
  const ids = [...new Set(asked)];
  const [found, experiments, versions] = await Promise.all([readClientRuns(db, ids), namesOfExperiments(db, ids), versionsOf(db, ids)]);
  const active = found.filter(({ lifecycle_stage: stage }) => stage === 'active');
  const absent = ids.find((id) => !active.some((run) => run.registry_run_id === id));
  if (absent !== undefined) throw missing(`There is no run ${absent}`);
  const runs = active.map((run) => ({
    ...shapeOf(run),
    experiment: experiments.get(run.experiment_id) ?? '',
    versions: versions.flatMap(({ run_id, ...version }) => (run_id === run.registry_run_id ? [version] : [])),
  }));
  const metrics = new Set(active.flatMap((run) => run.metrics.map(({ key }) => key)));
  const better = [...metrics].flatMap((metric) => {
    const direction = directionOf(metric);
    return direction ? [[metric, direction] as const] : [];
  });
  return { runs, better: Object.fromEntries(better) };
}

const shapeOf = (run: ClientRun): Omit<WholeRun, 'experiment' | 'versions'> => ({
  run_id: run.registry_run_id,
  experiment_id: run.experiment_id,
  name: run.name,
  user_id: run.user_id,
  status: run.status,
  started_at: isoOf(run.start_ms),
  ended_at: run.end_ms === null ? null : isoOf(run.end_ms),
  metrics: Object.fromEntries(run.metrics.map(({ key, value, step }) => [key, { value, step }])),
  params: Object.fromEntries(run.params.map(({ key, value }) => [key, value])),
  tags: Object.fromEntries(run.tags.map(({ key, value }) => [key, value])),
});

async function namesOfExperiments(db: Database, runIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ id: string; name: string }>(
    `select experiment_id::text as id, name from experiments where experiment_id in (
       select experiment_id from registry_runs where registry_run_id = any($1::text[]))`,
    [runIds],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

async function versionsOf(db: Database, runIds: readonly string[]): Promise<{ run_id: string; name: string; version: string }[]> {
  const { rows } = await db.query<{ run_id: string; name: string; version: string }>(
    `select registry_run_id as run_id, name, version::text from model_versions where registry_run_id = any($1::text[])
     order by name, model_versions.version desc`,
    [runIds],
  );
  return rows;
}
