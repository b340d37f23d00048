import { DEFAULT_SCHEDULES } from '../../contracts/schedules.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { reconcileOpenRuns } from '../../domain/runs/syncRun.ts';
import type { Config } from '../../platform/config.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';
import { createTemporalClient } from '../../platform/temporal.ts';
import { createTemporalRuns } from '../../platform/temporalRuns.ts';
import { createTemporalSchedules, type TemporalSchedules } from '../../platform/temporalSchedules.ts';

const SWEEP_EVERY_MS = 2_000;

/**
 * What must be true whoever starts runs and whenever: the default schedules exist, and a run that ended is closed in the ledger even when nobody
 * reads it. Both are tried again at each sweep, so that an engine that is down delays them and no more.
 */
export function keepHouse({ config, log, onShutdown }: ProcessContext, pool: Pool): void {
  const client = createTemporalClient(config.temporal);
  const { describe } = createTemporalRuns(client);
  const schedules = createTemporalSchedules(client);
  let hasSchedules = false;

  const sweeps = startLoop({ name: 'sweep', restMs: SWEEP_EVERY_MS, log }, async () => {
    if (!hasSchedules) await ensureDefaultSchedules(schedules, config.schedules);
    hasSchedules = true;
    const ended = await reconcileOpenRuns(pool, describe);
    if (ended > 0) log.info({ ended }, 'runs closed in the ledger');
    return false;
  });
  onShutdown('sweep', async () => {
    await sweeps.stop();
    await client.connection.close();
  });
}

/** Makes the default schedules where they are missing; what an operator changed stays. */
async function ensureDefaultSchedules(schedules: TemporalSchedules, given: Config['schedules']): Promise<void> {
  const crons: Record<keyof typeof DEFAULT_SCHEDULES, string> = {
    'movie-data-collection': given.collectionCron,
    'feature-materialization': given.materializationCron,
    'movie-training-pipeline': given.trainingCron,
    'tmdb-retention': given.tmdbRetentionCron,
  };
  for (const [scheduleId, workflow] of Object.entries(DEFAULT_SCHEDULES)) {
    await schedules.createIfMissing(scheduleId, {
      cron: crons[scheduleId as keyof typeof crons],
      workflow,
      workflowId: runId(workflow, scheduleId),
      taskQueue: TASK_QUEUES.control,
      input: {},
      paused: false,
      note: '',
    });
  }
}
