import { executeChild, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { DoubleActivities } from './workerOfDoubles.ts';

export { scheduleBackfill } from '../../workflows/scheduleBackfill.ts';

/** Workflows under the real names, for tests of what stands around them: the input says how the run goes. */
const { loadCatalogue, trainMovieModel } = proxyActivities<DoubleActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '5 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { maximumAttempts: 2, initialInterval: '10 ms' },
});

export async function movieDataCollection({ path }: { path?: string }): Promise<unknown> {
  return loadCatalogue(path ?? 'succeed');
}

/** Goes on until it is cancelled, in a child, as the real one trains its models. */
export async function movieTrainingPipeline(): Promise<void> {
  await executeChild(trainOne, { workflowId: `${workflowInfo().workflowId}/neural_cf` });
}

export async function trainOne(): Promise<void> {
  await trainMovieModel();
}
