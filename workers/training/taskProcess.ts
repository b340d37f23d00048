import type { TaskContext } from '../../domain/recommender/tasks/context.ts';
import { TASKS, type TaskName } from '../../domain/recommender/tasks/index.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { readConfig } from '../../platform/config.ts';
import { createLogger } from '../../platform/log.ts';
import { createPool, POOL_WAITS } from '../../platform/postgres.ts';
import { answerCall } from '../../platform/childProcess/child.ts';
import { openTensorflow } from '../../platform/tensorflow.ts';

/** One task of training, in a process that lives as long as it. */
const config = readConfig();
const log = createLogger('training-task', config.logLevel);
const pool = createPool({ ...config.database, poolSize: 2, log, waits: POOL_WAITS.step });
const blobs = createBlobStore(config.blobUrl, config.s3);
const tensorflow = () => openTensorflow(config.tfBackend);
const { checkpointEveryMs } = config.training;

answerCall(log, (name, input, surroundings) => {
  const task = TASKS[name as TaskName] as (context: TaskContext, input: unknown) => Promise<unknown>;
  return task({ pool, blobs, tensorflow, checkpointEveryMs, ...surroundings }, input);
});
