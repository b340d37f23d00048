import type { GateSettings } from '../contracts/gate.ts';
import type { DatasetRef, ModelRef, ModelVersionRef, ReportRef } from '../contracts/training.ts';
import { evidenceAgainst, judge } from '../domain/recommender/evaluation/gate.ts';
import { readHistory } from '../domain/recommender/training/epochRecords.ts';
import { createCheckpointStore, loadSpec } from '../domain/recommender/training/modelFiles.ts';
import { registerTrainedModel } from '../domain/registry/register.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import { readVersion } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId } from '../platform/temporal/activity.ts';

export interface RegistrationInput {
  readonly dataset: DatasetRef;
  readonly experiment: string;
  readonly model: ModelRef;
  readonly report: ReportRef;
  readonly gate: GateSettings;
}

export function createRegistrationActivities({ pool, blobs, log }: { pool: Pool; blobs: BlobStore; log: Logger }) {
  return {
    /** Fails as `ChampionChanged` where another version became champion after the evaluation: evaluate again, then register. */
    async registerModel({ dataset, experiment, model, report, gate }: RegistrationInput): Promise<ModelVersionRef> {
      const version = await registerTrainedModel(
        { pool },
        {
          origin: currentWorkflowId(),
          experiment,
          spec: await loadSpec(blobs, model.uri),
          model,
          report,
          history: await readHistory(blobs, model.history_uri),
          tags: {
            snapshot_id: dataset.snapshot_id,
            ...(dataset.sets && { data_sets: dataset.sets.join(', ') }),
            backend: model.backend,
            ...(model.parameters !== undefined && { parameters: String(model.parameters) }),
            code_version: await readVersion(),
          },
          promotes: gate.promote,
          judge: (championVersion) => judge({ ...report, bytes: model.bytes, evidence: evidenceAgainst(report, championVersion) }, gate),
        },
      );
      log.info({ name: version.name, version: version.version, champion: version.champion, rules: version.gate.rules }, 'model registered');
      await createCheckpointStore(blobs, currentWorkflowId()).clear(); // of no use once the model is registered, and as large as it
      return version;
    },
  };
}

export type RegistrationActivities = ReturnType<typeof createRegistrationActivities>;
