import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import path from 'node:path';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { ATTRIBUTE_TYPES } from '../../platform/temporal/searchAttributes.ts';
import { TRACE_SINKS } from '../../workers/traceSteps.ts';
import { answers } from '../replay/answers.ts';
import { engine } from './engines.ts';

const ATTEMPTS = 10;

/** A Temporal server whose clock jumps ahead while somebody waits for a result. The SDK gives it 5 s to start, too little for Java on a busy machine. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const server = { executable: { type: 'existing-path', path: engine('TEST_TIME_SKIPPING_SERVER') } } as const;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withSearchAttributes(await TestWorkflowEnvironment.createTimeSkipping({ server }));
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** This server lists none, so that the workers' own way to add them does not serve here; it mixes up a start that names one which it does not know. */
async function withSearchAttributes(environment: TestWorkflowEnvironment): Promise<TestWorkflowEnvironment> {
  await environment.connection.operatorService.addSearchAttributes({ searchAttributes: ATTRIBUTE_TYPES });
  return environment;
}

/** Polls the queues, every one that needs no GPU where none is named, with the built workflows, and activities of which those not given answer at once. @returns what ends the polling */
export async function pollAllQueues(
  environment: TestWorkflowEnvironment,
  given: Partial<typeof answers>,
  queues: readonly string[] = [TASK_QUEUES.control, TASK_QUEUES.training],
): Promise<() => Promise<void>> {
  const options = {
    connection: environment.nativeConnection,
    workflowBundle: { codePath: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs') },
    activities: { ...answers, ...given },
    sinks: TRACE_SINKS,
  };
  const workers = await Promise.all(queues.map((taskQueue) => Worker.create({ ...options, taskQueue })));
  const polling = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    workers.forEach((worker) => worker.shutdown());
    await polling;
  };
}
