import { ApplicationFailure, Context } from '@temporalio/activity';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { createBackfillActivities } from '../../activities/backfill.ts';
import { createLogger } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres.ts';
import { createTemporalSchedules } from '../../platform/temporal/schedules.ts';
import { recordSteps } from '../../workers/recordSteps.ts';
import { startWorkers } from './startWorkers.ts';
import type { TestTemporal } from './temporal.ts';

export const PROGRESS = { epoch: 3, epochs: 20, loss: 0.25, samples_per_s: 1000, eta_s: 17 };

const activities = {
  async loadCatalogue(how: string): Promise<{ rows: number }> {
    const { attempt } = Context.current().info;
    if (how === 'fail') throw ApplicationFailure.nonRetryable('ratings.csv ends in half a row', 'SourceCorrupt');
    if (how === 'fail at length') throw new Error('w'.repeat(500_000), { cause: new Error('c'.repeat(500_000)) });
    if (how === 'slow') await Context.current().sleep(300);
    if (how === 'endless') await activities.trainMovieModel();
    if (how === 'fail once' && attempt === 1) throw new Error('the disk was busy');
    return { rows: 3 };
  },
  async trainMovieModel(): Promise<void> {
    const context = Context.current();
    for (;;) {
      context.heartbeat(PROGRESS);
      await context.sleep(50);
    }
  },
};
export type DoubleActivities = typeof activities;

/** A worker for the workflows of `doubles.ts`, which writes the run ledger as the real workers do. @returns how to stop it */
export async function startWorkerOfDoubles(temporal: TestTemporal, pool: Pool): Promise<() => Promise<void>> {
  return startWorkers(temporal, {
    workflowsPath: fileURLToPath(new URL('doubles.ts', import.meta.url)),
    activities: { ...activities, ...createBackfillActivities({ pool, schedules: createTemporalSchedules(temporal.client) }) },
    interceptors: { activity: [recordSteps({ pool, log: createLogger('doubles', 'info'), metrics: new Registry(), worker: 'doubles' })] },
    maxHeartbeatThrottleInterval: 100,
    defaultHeartbeatThrottleInterval: 100,
  });
}
