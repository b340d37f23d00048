import { CHALLENGER, CHAMPION, type ModelSpec } from '../../contracts/models.ts';
import type { Tags } from '../../contracts/registry.ts';
import type { GateVerdict, ModelRef, ModelVersionRef, ReportRef } from '../../contracts/training.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { removeAlias, setAlias } from './aliases.ts';
import { sign } from './author.ts';
import { ensureExperiment } from './experiments.ts';
import { finishRun, logMetrics, logParams, paramsOf, setRunTags, startRegistryRun, type MetricPoint } from './runs.ts';
import { createModelVersion, findByOrigin, getModelVersion, getVersionByAlias, holdModel, storeVerdict } from './versions.ts';

const TRAINING = 'training-pipeline';

export interface TrainedModelRegistration {
  /** What made the model, such as `training/2026-11-23-a1/neural_cf`. One origin registers once, whatever is retried. */
  readonly origin: string;
  readonly experiment: string;
  readonly spec: ModelSpec;
  readonly model: ModelRef;
  readonly report: ReportRef;
  /** Metrics by epoch. */
  readonly history: readonly MetricPoint[];
  /** What else the run should say of itself, such as `snapshot_id` and `backend`. */
  readonly tags: Tags;
  /** Whether the alias `champion` moves to it where it passes; where there is none it does. `true` where it is left out */
  readonly promotes?: boolean;
  /** @param championVersion of the version that stands until the verdict is carried out; null where there is none */
  readonly judge: (championVersion: string | null) => GateVerdict;
}

/**
 * Registers a trained model in one transaction: its run with params, metrics and tags, its version, the gate's verdict, and
 * the alias `champion` where it passed. A second call of the same origin changes nothing and gives the first one's answer, also
 * when another version has become champion since.
 */
export function registerTrainedModel({ pool }: { pool: Pool }, registration: TrainedModelRegistration): Promise<ModelVersionRef> {
  const {
    origin,
    model: { name },
  } = registration;
  return withTransaction(pool, async (db) => {
    await holdModel(db, name);
    const known = await findByOrigin(db, name, origin);
    const version = known ?? (await registerNew(db, registration));
    return describeRegistration(db, { origin, name, version });
  });
}

async function registerNew(db: Database, registration: TrainedModelRegistration): Promise<string> {
  const { origin, model, judge, promotes = true } = registration;
  const { name } = model;
  const registryRunId = await recordRun(db, registration);
  const version = await createModelVersion(db, { name, source: model.uri, registryRunId, origin, tags: { digest: model.digest } });
  const champion = await getVersionByAlias(db, name, CHAMPION);
  const verdict = judge(champion?.version ?? null);
  await storeVerdict(db, name, version, verdict);
  await sign(db, { name: TRAINING, reason: reasonOf(origin, verdict) });
  const isChampion = verdict.passed && (promotes || champion === undefined);
  await setAlias(db, { name, alias: isChampion ? CHAMPION : CHALLENGER, version });
  // A challenger older than the new champion has lost its case.
  if (isChampion) await removeAlias(db, name, CHALLENGER);
  return version;
}

async function recordRun(
  db: Database,
  { origin, experiment, spec, model, report, history, tags }: TrainedModelRegistration,
): Promise<string> {
  const experimentId = await ensureExperiment(db, experiment);
  const runId = await startRegistryRun(db, { experimentId, name: origin, userId: TRAINING, origin });
  await logParams(db, runId, paramsOf(spec));
  await logMetrics(db, runId, [
    ...history,
    ...finalMetrics(report, history),
    { ...at(lastStep(history)), key: 'train_ms', value: model.train_ms },
  ]);
  await setRunTags(db, runId, { ...tags, ...tagsOf(model, report) });
  await finishRun(db, runId, 'FINISHED', { until: lastTime(history) ?? new Date(), ms: model.train_ms });
  return runId;
}

/** The report's figures at the last step, so that they are the latest also where the history has a metric of the same name. */
function finalMetrics({ metrics, baseline }: ReportRef, history: readonly MetricPoint[]): MetricPoint[] {
  const named = [...Object.entries(metrics), ...Object.entries(baseline).map(([key, value]) => [`baseline_${key}`, value] as const)];
  return named.map(([key, value]) => ({ ...at(lastStep(history)), key, value }));
}

/** Of the last epoch; undefined of a model that learns in none. */
const lastTime = (history: readonly MetricPoint[]) =>
  history.reduce<Date | undefined>((last, { recordedAt }) => (last === undefined || recordedAt > last ? recordedAt : last), undefined);

const at = (step: number) => ({ step, recordedAt: new Date() });
const lastStep = (history: readonly MetricPoint[]) => history.reduce((last, { step }) => Math.max(last, step), 0);

const tagsOf = (model: ModelRef, report: ReportRef): Tags => ({
  model_uri: model.uri,
  model_bytes: String(model.bytes),
  digest: model.digest,
  report_uri: report.uri,
  report_html_uri: report.html_uri,
  ...(model.resumed_from_epoch !== null && { resumed_from_epoch: String(model.resumed_from_epoch) }),
});

interface Registered {
  readonly origin: string;
  readonly name: string;
  readonly version: string;
}

/** As it was when the version was registered, whatever became of it later. */
async function describeRegistration(db: Database, registered: Registered): Promise<ModelVersionRef> {
  const { name, version } = registered;
  const { registry_run_id: registryRunId, gate } = (await getModelVersion(db, name, version))!;
  return { name, version, registry_run_id: registryRunId!, champion: gate!.passed && (await becameChampion(db, registered)), gate: gate! };
}

/** A model that was removed and made again has versions of the same numbers: what was done is known by its origin, too. */
async function becameChampion(db: Database, { origin, name, version }: Registered): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from registry_changes
     where name = $1 and version = $2 and alias = $3 and became is not null and (changed_by, reason) = ($4, $5) limit 1`,
    [name, version, CHAMPION, TRAINING, reasonOf(origin, { passed: true })],
  );
  return rowCount === 1;
}

const reasonOf = (origin: string, { passed }: Pick<GateVerdict, 'passed'>) => `${origin}: the gate was ${passed ? 'passed' : 'not passed'}`;
