import { createTrainingActivities } from '../../activities/training.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { createBlobStore } from '../../platform/blobs.ts';
import { runProcess } from '../../platform/process.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { openWorkerProcess, pollTaskQueue } from '../temporalWorker.ts';

/** Training and evaluation, in TensorFlow; one at a time, since each uses the whole machine. */
await runProcess('worker-training', async (context) => {
  const { config, log, health } = context;
  const { pool } = await openWorkerProcess(context, 'WORKER_TRAINING_METRICS_PORT');
  const tensorflow = loadTensorflow(config.tfBackend);
  log.info({ backend: tensorflow.backend, version: tensorflow.version }, 'TensorFlow loaded');
  health.add('tensorflow', async () => `${tensorflow.backend} ${tensorflow.version}`);
  pollTaskQueue(context, pool, {
    taskQueue: TASK_QUEUES.training,
    maxConcurrentActivityTaskExecutions: 1,
    activities: createTrainingActivities({ pool, blobs: createBlobStore(config.blobUrl), tensorflow, log }),
  });
});
