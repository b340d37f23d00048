import { CONTROL } from '../../contracts/metrics/control.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { countRuns } from '../../domain/runs/countRuns.ts';
import { startLoop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';
import { createTemporalClient } from '../../platform/temporal/client.ts';
import { lookAtTaskQueue } from '../../platform/temporal/taskQueues.ts';

const LOOK_EVERY_MS = 15_000;
/** A look that takes long is followed by as many times its own length of rest. */
const REST_FACTOR = 20;

/** Shows what became of runs, by the ledger, and what waits on Temporal's queues. Either goes on while the other's engine is away. */
export function measureWorkflows(
  { config, metrics, log, onShutdown }: Pick<ProcessContext, 'config' | 'metrics' | 'log' | 'onShutdown'>,
  pool: Pool,
): void {
  const runs = addMetrics(metrics, CONTROL.workflows);
  let restsUntil = 0;
  const counts = startLoop({ name: 'run metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    const startedAt = performance.now();
    if (startedAt < restsUntil) return false;
    const counted = await countRuns(pool);
    for (const metric of Object.values(runs)) metric.reset();
    for (const { workflow, state, count, latest_end } of counted) {
      runs.workflow_runs_started_total.inc({ workflow }, count);
      if (state === 'queued' || state === 'running') {
        runs.workflow_runs_open.inc({ workflow }, count);
        continue;
      }
      runs.workflow_runs_ended_total.inc({ workflow, state }, count);
      if (latest_end) runs.workflow_run_last_end_timestamp_seconds.set({ workflow, state }, latest_end.getTime() / 1_000);
    }
    restsUntil = performance.now() + REST_FACTOR * (performance.now() - startedAt);
    return false;
  });
  onShutdown('run metrics', () => counts.stop());

  const waiting = addMetrics(metrics, CONTROL.queues);
  const temporal = createTemporalClient(config.temporal);
  const queues = startLoop({ name: 'queue metrics', restMs: LOOK_EVERY_MS, log }, async () => {
    for (const queue of Object.values(TASK_QUEUES))
      for (const kind of ['workflow', 'activity'] as const) {
        const { backlog, ageSeconds, pollers } = await lookAtTaskQueue(temporal, queue, kind);
        waiting.task_queue_backlog.set({ queue, kind }, backlog);
        waiting.task_queue_backlog_age_seconds.set({ queue, kind }, ageSeconds);
        waiting.task_queue_pollers.set({ queue, kind }, pollers);
      }
    return false;
  });
  onShutdown('queue metrics', async () => {
    await queues.stop();
    await temporal.connection.close();
  });
}
