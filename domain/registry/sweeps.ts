import type { ModelSpec } from '../../contracts/models.ts';
import type { TrialOutcome } from '../../contracts/sweep.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { ensureExperiment } from './experiments.ts';
import { finishRun, getRegistryRun, logMetrics, logParams, paramsOf, setRunTags, startRegistryRun } from './runs.ts';

interface SweepRun {
  readonly origin: string;
  readonly experiment: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Starts the run that the trials stand under; a second call of the same origin finds it. @returns its id */
export const openSweepRun = (pool: Pool, { origin, experiment, params, tags }: SweepRun): Promise<string> =>
  withTransaction(pool, async (db) => {
    const experimentId = await ensureExperiment(db, experiment);
    const id = await startRegistryRun(db, { experimentId, name: origin, userId: 'model-sweep', origin });
    await logParams(db, id, params);
    await setRunTags(db, id, tags);
    return id;
  });

export interface RecordedTrial {
  readonly origin: string;
  readonly experiment: string;
  readonly parentRunId: string;
  readonly spec: ModelSpec;
  readonly metric: string;
  readonly outcome: TrialOutcome | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** Writes a trial as a run under the sweep's, whole or not at all; a second call of the same origin changes nothing. @returns its id */
export const recordTrialRun = (pool: Pool, trial: RecordedTrial): Promise<string> =>
  withTransaction(pool, async (db) => {
    const { origin, experiment, parentRunId, spec, metric, outcome, tags } = trial;
    const experimentId = await ensureExperiment(db, experiment);
    const id = await startRegistryRun(db, { experimentId, name: origin, userId: 'model-sweep', origin, parentRunId });
    if ((await getRegistryRun(db, id))?.status !== 'RUNNING') return id;
    await logParams(db, id, paramsOf(spec));
    await setRunTags(db, id, tags);
    if (outcome) await logMetrics(db, id, metricsOf(outcome, metric));
    if (outcome) await finishRun(db, id, 'FINISHED', { until: new Date(), ms: outcome.train_ms });
    else await finishRun(db, id, 'FAILED');
    return id;
  });

export const closeSweepRun = (
  pool: Pool,
  id: string,
  status: 'FINISHED' | 'FAILED' | 'KILLED',
  tags: Readonly<Record<string, string>>,
): Promise<void> =>
  withTransaction(pool, async (db) => {
    await setRunTags(db, id, tags);
    await finishRun(db, id, status);
  });

function metricsOf({ checks, metrics, epochs, train_ms }: TrialOutcome, metric: string) {
  const recordedAt = new Date();
  const step = epochs ?? 0;
  return [
    ...checks.map(({ epoch, value }) => ({ key: `validation_${metric}`, value, step: epoch, recordedAt })),
    ...Object.entries(metrics).map(([key, value]) => ({ key: `best_validation_${key}`, value, step, recordedAt })),
    { key: 'train_ms', value: train_ms, step, recordedAt },
  ];
}
