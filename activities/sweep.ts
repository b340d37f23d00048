import { nameOf, PRIMARY_METRIC, type ModelSpec } from '../contracts/models.ts';
import type { ModelSweep, SweepTrial, TrialOutcome } from '../contracts/sweep.ts';
import type { DatasetRef } from '../contracts/training.ts';
import { trialId } from '../contracts/workflows.ts';
import { createCheckpointStore } from '../domain/recommender/training/modelFiles.ts';
import { closeSweepRun, openSweepRun, recordTrialRun } from '../domain/registry/sweeps.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId } from '../platform/temporal/activity.ts';

export type EndedTrial = Omit<SweepTrial, 'registry_run_id'>;

/** What a sweep keeps in the registry: a run of its own and one under it for each trial. */
export function createSweepActivities({ pool, blobs, log }: { pool: Pool; blobs: BlobStore; log: Logger }) {
  return {
    async openSweep({ sweep, dataset }: { sweep: ModelSweep; dataset: DatasetRef }): Promise<string> {
      const { kind, strategy, trials, seed, space, base, experiment } = sweep;
      const params = {
        kind,
        strategy,
        trials: String(trials),
        seed: String(seed),
        space: JSON.stringify(space),
        base: JSON.stringify(base),
      };
      return openSweepRun(pool, { origin: currentWorkflowId(), experiment, params, tags: { snapshot_id: dataset.snapshot_id } });
    },

    async recordTrial({ sweep, parentRunId, trial }: { sweep: ModelSweep; parentRunId: string; trial: EndedTrial }): Promise<SweepTrial> {
      const { spec, outcome, state, error } = trial;
      const origin = trialId(currentWorkflowId(), trial.trial);
      const registryRunId = await recordTrialRun(pool, {
        origin,
        experiment: sweep.experiment,
        parentRunId,
        spec,
        metric: PRIMARY_METRIC[nameOf(spec)].name,
        outcome,
        tags: { trial: String(trial.trial), state, ...(error !== null && { error: error.slice(0, MAX_ERROR_CHARACTERS) }) },
      });
      log.info({ trial: trial.trial, state, value: outcome?.value, error }, 'trial recorded');
      await createCheckpointStore(blobs, origin).clear();
      return { ...trial, registry_run_id: registryRunId };
    },

    async closeSweep({ parentRunId, status, best }: ClosedSweep): Promise<void> {
      const tags = best ? { best_trial: String(best.trial), best_value: String(best.value), best_spec: JSON.stringify(best.spec) } : {};
      await closeSweepRun(pool, parentRunId, status, tags);
    },
  };
}

interface ClosedSweep {
  readonly parentRunId: string;
  readonly status: 'FINISHED' | 'FAILED' | 'KILLED';
  readonly best: { readonly trial: number; readonly value: TrialOutcome['value']; readonly spec: ModelSpec } | null;
}

export type SweepActivities = ReturnType<typeof createSweepActivities>;

const MAX_ERROR_CHARACTERS = 2_000;
