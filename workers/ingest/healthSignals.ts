import type { Client } from '@temporalio/client';
import { startWords } from '../../contracts/aboutRun.ts';
import type { Topic } from '../../contracts/events.ts';
import { OVERLOAD_SIGNAL, type HealthWatchInput } from '../../contracts/scaling.ts';
import type { ScalingSettings } from '../../contracts/settings/scaling.ts';
import { healthWatchId, TASK_QUEUES, type WorkflowName } from '../../contracts/workflows.ts';
import { findUnwatched, markWatched } from '../../domain/scaling/watch.ts';
import type { Logger } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres.ts';
import { withTemporalDeadline } from '../../platform/temporal/client.ts';
import { startWith } from '../../platform/temporal/searchAttributes.ts';

const WORKFLOW: WorkflowName = 'systemHealthWatch';
const STARTED_BY = 'kafka/system-health' satisfies `kafka/${Topic}`;

/**
 * Has each service that has too much to do watched. One that is watched is told nothing, however much it says: its workflow sees it by itself. Killed in
 * between it tells once more, which changes nothing.
 */
export async function watchOverloaded(
  pool: Pool,
  { temporal, settings, log }: { temporal: Client; settings: ScalingSettings; log: Logger },
): Promise<void> {
  for (const service of await findUnwatched(pool, settings)) {
    const input: HealthWatchInput = { service, look_seconds: settings.lookS };
    const start = { workflowId: healthWatchId(service), taskQueue: TASK_QUEUES.control, args: [input], signal: OVERLOAD_SIGNAL };
    await withTemporalDeadline(temporal, () =>
      startWith(startWords(WORKFLOW, input, STARTED_BY), (words) => temporal.workflow.signalWithStart(WORKFLOW, { ...start, ...words })),
    );
    await markWatched(pool, service);
    log.info({ service }, 'the service has too much to do; it is watched');
  }
}
