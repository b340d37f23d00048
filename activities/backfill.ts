import type { BackfillInput, BackfillPage } from '../contracts/schedules.ts';
import { keepRunBefore } from '../domain/runs/backfills.ts';
import type { Pool } from '../platform/postgres.ts';
import type { TemporalSchedules } from '../platform/temporal/schedules.ts';

/** One execution of the backfill runs so many times and then continues as new, so that no history grows long. */
const PAGE_TIMES = 200;

export interface BackfillDeps {
  readonly pool: Pool;
  readonly schedules: Pick<TemporalSchedules, 'getAction' | 'listTimes'>;
}

export function createBackfillActivities({ pool, schedules }: BackfillDeps) {
  return {
    async planBackfill({ schedule_id, start, end, reprocess, carried }: BackfillInput): Promise<BackfillPage> {
      const after = carried ? new Date(carried.after) : new Date(Date.parse(start) - 1);
      const { workflow, workflowId, input } = await schedules.getAction(schedule_id);
      const found = await schedules.listTimes(schedule_id, { after, until: new Date(end) });
      const times = found.slice(0, PAGE_TIMES).map(withoutMilliseconds);
      const runBefore = await keepRunBefore(pool, times.map((time) => `${workflowId}-${time}`), reprocess); // prettier-ignore
      const toRun = times.filter((time) => !runBefore.has(`${workflowId}-${time}`));
      const next = found.length > times.length ? (times.at(-1) ?? null) : null;
      return { workflow, workflow_id: workflowId, input, times: toRun, already_run: times.length - toRun.length, next };
    },
  };
}

export type BackfillActivities = ReturnType<typeof createBackfillActivities>;

/** As Temporal writes a time into the id of a scheduled run. */
const withoutMilliseconds = (time: Date) => time.toISOString().replace('.000Z', 'Z');
