import { executeChild, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TrainingActivities } from '../activities/training.ts';
import { trainingInputSchema, type TrainingInput, type TrainingResult } from '../contracts/training.ts';
import { modelRunId, TASK_QUEUES } from '../contracts/workflows.ts';
import { movieModelTraining } from './movieModelTraining.ts';
import { parseInput } from './parseInput.ts';

const { prepareTrainingData } = proxyActivities<TrainingActivities>({
  taskQueue: TASK_QUEUES.training,
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 },
});

/** Freezes what there is to learn from, then makes each model from the same data, side by side. One that fails leaves the others be. */
export async function movieTrainingPipeline(given: TrainingInput): Promise<TrainingResult> {
  const { models, seed, split, gate, experiment } = parseInput(trainingInputSchema, given);
  const { workflowId } = workflowInfo();
  const dataset = await prepareTrainingData({ seed, split });
  const outcomes = await Promise.allSettled(
    models.map((spec) =>
      executeChild(movieModelTraining, { workflowId: modelRunId(workflowId, spec.kind), args: [{ dataset, spec, experiment, gate }] }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return { dataset, models: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])) };
}
