import { proxyActivities, sleep } from '@temporalio/workflow';
import type { PipelineActivities } from '../activities/pipeline.ts';
import type { TrainingActivities } from '../activities/training.ts';
import type { ModelRef, Resources } from '../contracts/training.ts';
import { TASK_QUEUES, WORKFLOWS } from '../contracts/workflows.ts';
import { failedAs, wasNotTaken } from './failureType.ts';
import { optionsOf, stepsOf } from './proxySteps.ts';

const { steps } = WORKFLOWS.movieModelTraining;
const { noteGpuWait, ...onCpu } = stepsOf(steps).by<TrainingActivities & PipelineActivities>();
const gpuOptions = { ...optionsOf(steps.trainMovieModel), taskQueue: TASK_QUEUES.trainingGpu };
const onGpu = proxyActivities<TrainingActivities>(gpuOptions);

const OFFER_AGAIN_AFTER = '5 seconds';

/** Offers a step again as long as its workers are busy: one that gave it back has room for smaller work meanwhile. */
export async function whenThereIsRoom<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!failedAs(error, 'WorkerBusy')) throw error;
      await sleep(OFFER_AGAIN_AFTER, { summary: 'waits for room on the training workers, offered again' });
    }
  }
}

/** Trains where the run wants it: on the CPU, on a GPU if one is free soon, or on a GPU however long that takes, which a step of the run says. */
export async function trainWhere(
  { gpu, gpu_wait_s }: Resources,
  input: Parameters<TrainingActivities['trainMovieModel']>[0],
): Promise<ModelRef> {
  if (gpu === 'none') return whenThereIsRoom(() => onCpu.trainMovieModel(input));
  const onGpuSoon = proxyActivities<TrainingActivities>({ ...gpuOptions, scheduleToStartTimeout: `${gpu_wait_s} seconds` });
  try {
    return await whenThereIsRoom(() => onGpuSoon.trainMovieModel(input));
  } catch (error) {
    if (!wasNotTaken(error)) throw error;
  }
  await noteGpuWait({ waited_s: gpu_wait_s, gpu });
  return whenThereIsRoom(() => (gpu === 'required' ? onGpu : onCpu).trainMovieModel(input));
}
