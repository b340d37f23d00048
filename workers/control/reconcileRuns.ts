import { putScheduleBodySchema } from '../../contracts/schedules.ts';
import { runId, SCHEDULABLE_WORKFLOWS, TASK_QUEUES, WORKFLOW_TYPES, WORKFLOWS } from '../../contracts/workflows.ts';
import type { DefaultSchedule } from '../../contracts/workflowRow.ts';
import { adoptRuns } from '../../domain/runs/adoptRuns.ts';
import { reconcileOpenRuns } from '../../domain/runs/syncRun.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Config } from '../../platform/config.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';
import { removeLeftovers } from '../../platform/replaceFile.ts';
import { createTemporalClient } from '../../platform/temporal/client.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { addSearchAttributes } from '../../platform/temporal/searchAttributes.ts';
import { createTemporalSchedules, type TemporalSchedules } from '../../platform/temporal/schedules.ts';

const SWEEP_EVERY_MS = 2_000;
/** A run that started and ended while no control worker ran is found if that is not longer ago. */
const LOOK_BACK_MS = 86_400_000;
const LOOK_FOR_LEFTOVERS_EVERY_MS = 3_600_000;
/** Temporal lists a run a moment after it started. */
const LISTED_WITHIN_MS = 10_000;

/**
 * What must be true whoever starts runs and whenever: the search attributes and the default schedules exist, every run is in the ledger, and one that
 * ended is closed there even when nobody reads it. All of it is tried again at each sweep, so that an engine that is down delays it and no more.
 */
export function reconcileRuns({ config, log, onShutdown }: ProcessContext, pool: Pool): { schedules: TemporalSchedules } {
  const client = createTemporalClient(config.temporal);
  const { describe, listStarted, readStart } = createTemporalRuns(client);
  const engine = {
    listStarted: (since: Date) => listStarted({ workflows: WORKFLOW_TYPES, taskQueue: TASK_QUEUES.control }, since),
    readStart,
  };
  const schedules = createTemporalSchedules(client);
  let hasDefaults = false;
  let seenUpTo = Date.now() - LOOK_BACK_MS;

  const sweeps = startLoop({ name: 'sweep', restMs: SWEEP_EVERY_MS, log }, async () => {
    if (!hasDefaults) {
      const without = await addSearchAttributes(client); // first, for schedules are made with them
      if (without !== null) log.warn({ why: without }, 'runs have no search attributes in Temporal');
      await ensureDefaultSchedules(schedules, config);
      hasDefaults = true;
    }
    const { adopted, latest } = await adoptRuns(pool, engine, new Date(seenUpTo - LISTED_WITHIN_MS));
    seenUpTo = Math.max(seenUpTo, latest.getTime());
    if (adopted > 0) log.info({ adopted }, 'runs taken into the ledger');
    const ended = await reconcileOpenRuns(pool, describe);
    if (ended > 0) log.info({ ended }, 'runs closed in the ledger');
    return false;
  });
  onShutdown('sweep', async () => {
    await sweeps.stop();
    await client.connection.close();
  });
  return { schedules };
}

/** Files that killed processes left half written would fill the disk in the end. */
export function keepFiles({ config, log, onShutdown }: ProcessContext, blobs: BlobStore): void {
  const looks = startLoop({ name: 'leftovers', restMs: LOOK_FOR_LEFTOVERS_EVERY_MS, log }, async () => {
    const removed = (await blobs.removeLeftovers()) + (await removeLeftovers(config.dataDir));
    if (removed > 0) log.info({ removed }, 'half-written files removed');
    return false;
  });
  onShutdown('leftovers', () => looks.stop());
}

type DefaultScheduleOf = DefaultSchedule & { readonly cron: keyof Config['schedules'] };

/** Makes the default schedules where they are missing; what an operator changed stays. */
export async function ensureDefaultSchedules(
  schedules: Pick<TemporalSchedules, 'createIfMissing'>,
  config: Pick<Config, 'schedules' | 'backup'>,
): Promise<void> {
  const given = config.schedules;
  const absent = config.backup.url === undefined ? ['BACKUP_URL'] : [];
  for (const workflow of SCHEDULABLE_WORKFLOWS) {
    const row = WORKFLOWS[workflow];
    if (!('defaultSchedule' in row)) continue;
    const { id, cron, input, needs }: DefaultScheduleOf = row.defaultSchedule;
    if (needs !== undefined && absent.includes(needs)) continue;
    await schedules.createIfMissing(id, {
      workflowId: runId(workflow, id),
      taskQueue: TASK_QUEUES.control,
      ...putScheduleBodySchema.parse({ workflow, cron: given[cron], input }),
    });
  }
}
