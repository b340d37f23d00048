import type { BatchShard } from '../contracts/batch.ts';
import { Failure, passing } from '../contracts/failures.ts';
import type { GateSettings } from '../contracts/gate.ts';
import type { ModelSpec } from '../contracts/models.ts';
import type { TrialOutcome } from '../contracts/sweep.ts';
import type { DatasetRef, ModelRef, ReportRef } from '../contracts/training.ts';
import { trialId } from '../contracts/workflows.ts';
import { batchPart } from '../domain/recommender/batch/batchFolder.ts';
import type { Logger } from '../platform/log.ts';
import type { RunTask, TaskInput } from '../domain/recommender/tasks/index.ts';
import { currentWorkflowId } from '../platform/temporal/activity.ts';

export interface TrainingDeps {
  readonly runTask: RunTask;
  readonly log: Logger;
}

export function createTrainingActivities({ runTask, log }: TrainingDeps) {
  return {
    async prepareTrainingData(input: TaskInput<'takeSnapshot'>): Promise<DatasetRef> {
      const dataset = await runTask('takeSnapshot', input);
      log.info({ ...dataset }, 'snapshot written');
      return dataset;
    },

    async trainMovieModel({ dataset, spec }: { dataset: DatasetRef; spec: ModelSpec }): Promise<ModelRef> {
      const model = await runTask('trainModel', { dataset, spec, workflowId: currentWorkflowId() });
      const { train_ms, backend, resumed_from_epoch, bytes } = model;
      log.info({ kind: spec.kind, train_ms, backend, resumed_from_epoch, bytes }, 'model trained');
      return model;
    },

    /** One point of a sweep; a later round of the same trial goes on from what the one before has learnt. */
    trainTrial({ dataset, spec, trial, patience }: TrialInput): Promise<TrialOutcome> {
      const input = { dataset, spec, patience, trialId: trialId(currentWorkflowId(), trial) };
      return runTask('runTrial', input);
    },

    /** One part of a table of recommendations. */
    recommendShard({ shard, models, ...wanted }: ShardInput): Promise<BatchShard> {
      return runTask('rankShard', { ...wanted, models, part: batchPart(currentWorkflowId(), shard) });
    },

    /** Takes an erased user out of the snapshots or the models. Whatever ends its process, it is worth another try. */
    async eraseLearnt(input: TaskInput<'eraseLearnt'>): Promise<{ erased: number; found: number }> {
      const outcome = await runTask('eraseLearnt', input).catch((error: unknown) => {
        if (error instanceof Failure && error.kind !== 'unavailable') throw passing(error.type, error.message);
        throw error;
      });
      log.info({ ...input, ...outcome }, 'store gone through');
      return outcome;
    },

    /** Judges a model, with popularity and the present champion beside it on the same questions. */
    async evaluateTrainedModel({ dataset, model, gate }: EvaluateInput): Promise<ReportRef> {
      const input = { dataset, model, settings: gate, workflowId: currentWorkflowId() };
      const report = await runTask('judgeModel', input);
      log.info({ kind: model.kind, ...report.metrics, compared_with: report.evidence.champion?.version ?? null }, 'model evaluated');
      return report;
    },
  };
}

interface TrialInput {
  readonly dataset: DatasetRef;
  readonly spec: ModelSpec;
  readonly trial: number;
  readonly patience: number | null;
}

type ShardInput = Omit<TaskInput<'rankShard'>, 'part'> & { readonly shard: number };

interface EvaluateInput {
  readonly dataset: DatasetRef;
  readonly model: ModelRef;
  readonly gate: GateSettings;
}

export type TrainingActivities = ReturnType<typeof createTrainingActivities>;
