import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { quietTemporal } from './quietTemporal.ts';
import type { TestTemporal } from './temporal.ts';

type Options = Omit<WorkerOptions, 'connection' | 'namespace' | 'taskQueue'>;

/**
 * Workers of a test, one for each queue.
 * @returns how to stop them
 */
export async function startWorkers(
  { address, namespace }: TestTemporal,
  options: Options,
  queues: readonly string[] = [TASK_QUEUES.control],
): Promise<() => Promise<void>> {
  quietTemporal();
  const connection = await NativeConnection.connect({ address });
  const workers = await Promise.all(queues.map((taskQueue) => Worker.create({ ...options, connection, namespace, taskQueue })));
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    workers.forEach((worker) => worker.shutdown());
    await running;
    await connection.close();
  };
}
