import path from 'node:path';
import { createAdmission } from '../../domain/recommender/memory/admission.ts';
import { createRunTask } from './runTask.ts';
import { createTrainingActivities } from '../../activities/training.ts';
import { createTaskMetrics } from './taskMetrics.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { measureGpus } from '../../platform/gpuMetrics.ts';
import { runProcess } from '../../platform/process.ts';
import { openWorkerProcess, pollTaskQueue } from '../temporalWorker.ts';
import { probeTensorflow } from './probeTensorflow.ts';

/** A task that waits this long for memory goes back to its queue, where another worker may take it. */
const PATIENCE_MS = 30_000;

/** Training and evaluation. Each task is a process of its own, so this one has hands free for heartbeats and cancels. */
await runProcess('worker-training', async (context) => {
  const { config, log, health, metrics } = context;
  const { pool } = await openWorkerProcess(context, 'WORKER_TRAINING_METRICS_PORT');
  const file = path.join(PROJECT_ROOT, 'dist', 'workers', 'training', 'taskProcess.js');
  const { backend, version } = await probeTensorflow(file);
  log.info({ backend, version }, 'TensorFlow loads');
  health.add('tensorflow', async () => `${backend} ${version}`);
  if (backend === 'gpu') measureGpus(metrics);
  const admission = createAdmission({ budgetMb: config.training.memoryMb, patienceMs: PATIENCE_MS });
  const runTask = createRunTask({ file, pool, admission, metrics: createTaskMetrics(metrics, admission), log });
  const activities = createTrainingActivities({ runTask, log });
  const queues = backend === 'gpu' ? [TASK_QUEUES.training, TASK_QUEUES.trainingGpu] : [TASK_QUEUES.training];
  pollTaskQueue(
    context,
    pool,
    ...queues.map((taskQueue) => ({ taskQueue, maxConcurrentActivityTaskExecutions: config.training.slots, activities })),
  );
});
