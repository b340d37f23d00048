import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { proxyActivities } from '@temporalio/workflow';
import type { RegistrationActivities } from '../activities/registration.ts';
import type { TrainingActivities } from '../activities/training.ts';
import type { FailureType } from '../contracts/failures.ts';
import type { ModelResult, ModelTrainingInput } from '../contracts/training.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';

const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 };

const { trainMovieModel, evaluateTrainedModel } = proxyActivities<TrainingActivities>({
  taskQueue: TASK_QUEUES.training,
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '10 seconds', // a killed worker is noticed within this
  retry,
});

const { registerModelToMlflow } = proxyActivities<RegistrationActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '1 minute',
  retry,
});

const MOST_EVALUATIONS = 5;

/**
 * Trains, evaluates and registers one model; `champion` moves to it when the gate lets it. Where another version became champion between evaluation and
 * registration, the model is evaluated again, beside that one. (A run of 0.1.0 never failed so, so it replays.)
 */
export async function movieModelTraining({ dataset, spec, experiment, gate }: ModelTrainingInput): Promise<ModelResult> {
  const model = await trainMovieModel({ dataset, spec });
  for (let evaluation = 1; ; evaluation += 1) {
    const report = await evaluateTrainedModel({ dataset, model, gate });
    try {
      const version = await registerModelToMlflow({ dataset, spec, experiment, model, report, gate });
      return { model, report, version };
    } catch (error) {
      if (!isChampionChanged(error) || evaluation === MOST_EVALUATIONS) throw error;
    }
  }
}

const isChampionChanged = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === ('ChampionChanged' satisfies FailureType);
