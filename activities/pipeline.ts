import type { Resources, Winner } from '../contracts/training.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { setVersionTags } from '../domain/registry/versions.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId } from '../platform/temporal/activity.ts';

/** Small steps of a training run that keep or say something. */
export function createPipelineActivities({ pool, log }: { pool: Pool; log: Logger }) {
  return {
    /** Tags the version with the run that it won. */
    async markWinner({ name, version, metric, value }: Winner): Promise<void> {
      await setVersionTags(pool, name, version, { winner_of: currentWorkflowId() }); // the step is the training run's own
      log.info({ name, version, [metric]: value }, 'best model of the run');
    },

    /** Says in the run's steps that no GPU worker took a training in time, and what comes of it. */
    async noteGpuWait({ waited_s, gpu }: { waited_s: number; gpu: Resources['gpu'] }): Promise<{ message: string }> {
      const what = gpu === 'required' ? 'it waits until one does' : 'it goes to the CPU';
      const message = `no worker of the queue ${TASK_QUEUES.trainingGpu} took the training within ${waited_s} s; ${what}`;
      log.warn(message);
      return { message };
    },
  };
}

export type PipelineActivities = ReturnType<typeof createPipelineActivities>;
