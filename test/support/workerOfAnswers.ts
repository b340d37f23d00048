import path from 'node:path';
import { Registry } from 'prom-client';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createLogger } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres.ts';
import { recordSteps } from '../../workers/recordSteps.ts';
import { TRACE_SINKS } from '../../workers/traceSteps.ts';
import { answers } from '../replay/answers.ts';
import { startWorkers } from './startWorkers.ts';
import type { TestTemporal } from './temporal.ts';

/**
 * Workers for the real workflows, with activities of which those not given answer at once; they write the run ledger as the real workers do.
 * @returns how to stop them
 */
export async function startWorkerOfAnswers(
  temporal: TestTemporal,
  pool: Pool,
  given: Partial<typeof answers>,
): Promise<() => Promise<void>> {
  const options = {
    workflowBundle: { codePath: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs') },
    activities: { ...answers, ...given },
    interceptors: { activity: [recordSteps({ pool, log: createLogger('answers', 'info'), metrics: new Registry(), worker: 'answers' })] },
    sinks: TRACE_SINKS,
    maxHeartbeatThrottleInterval: 100,
    defaultHeartbeatThrottleInterval: 100,
  };
  return startWorkers(temporal, options, [TASK_QUEUES.control, TASK_QUEUES.training]);
}
