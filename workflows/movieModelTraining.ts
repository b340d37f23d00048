import { proxyActivities } from '@temporalio/workflow';
import type { RegistrationActivities } from '../activities/registration.ts';
import type { TrainingActivities } from '../activities/training.ts';
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

/** Trains, evaluates and registers one model; `champion` moves to it when the gate lets it. */
export async function movieModelTraining({ dataset, spec, experiment }: ModelTrainingInput): Promise<ModelResult> {
  const model = await trainMovieModel({ dataset, spec });
  const report = await evaluateTrainedModel({ dataset, model });
  const version = await registerModelToMlflow({ dataset, spec, experiment, model, report });
  return { model, report, version };
}
