import { proxyActivities, sleep } from '@temporalio/workflow';
import type { PipelineActivities } from '../activities/pipeline.ts';
import type { TrainingActivities } from '../activities/training.ts';
import type { ModelRef, Resources } from '../contracts/training.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { failedAs, wasNotTaken } from './failureType.ts';

export const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 } as const;

export const trainingOptions = {
  taskQueue: TASK_QUEUES.training,
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '10 seconds', // a killed worker is noticed within this
  retry,
} as const;

const onCpu = proxyActivities<TrainingActivities>(trainingOptions);
const gpuOptions = { ...trainingOptions, taskQueue: TASK_QUEUES.trainingGpu };
const onGpu = proxyActivities<TrainingActivities>(gpuOptions);
const { noteGpuWait } = proxyActivities<PipelineActivities>({ taskQueue: TASK_QUEUES.control, startToCloseTimeout: '1 minute', retry });

const OFFER_AGAIN_AFTER = '5 seconds';

/** Offers a step again as long as its workers are busy: one that gave it back has room for smaller work meanwhile. */
export async function whenThereIsRoom<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!failedAs(error, 'WorkerBusy')) throw error;
      await sleep(OFFER_AGAIN_AFTER, { summary: 'the workers are busy' });
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
