import { pathOfRun } from '../../contracts/endpoints/runs.ts';
import { schedules as described } from '../../contracts/endpoints/schedules.ts';
import { invalid } from '../../contracts/failures.ts';
import { backfillInputSchema, MAX_BACKFILL_TIMES } from '../../contracts/schedules.ts';
import { isSpan, NO_SPAN } from '../../contracts/time.ts';
import { spanIn, zoneNamed } from '../../contracts/timeZone.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { listBackfills } from '../../domain/runs/backfills.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalRuns } from '../../platform/temporal/runs.ts';
import type { TemporalSchedules } from '../../platform/temporal/schedules.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { launchRun } from '../launchRun.ts';
import { parseWorkflowInput } from '../workflowCatalogue.ts';

export function createScheduleEndpoints(deps: { pool: Pool; runs: TemporalRuns; schedules: TemporalSchedules }): Endpoint[] {
  const { schedules } = deps;
  const changed = async (scheduleId: string, change: Promise<unknown>) => {
    await change;
    return schedules.get(scheduleId);
  };
  return [
    endpoint(described.list, async () => ({ schedules: await schedules.list() })),
    endpoint(described.get, async ({ params }) => schedules.get(params.schedule_id)),
    endpoint(described.put, async ({ params: { schedule_id }, body }) => {
      const input = parseWorkflowInput(body.workflow, body.input);
      const action = { workflowId: runId(body.workflow, schedule_id), taskQueue: TASK_QUEUES.control };
      return schedules.put(schedule_id, { ...body, ...action, input });
    }),
    endpoint(described.remove, async ({ params }) => {
      await schedules.remove(params.schedule_id);
      return {};
    }),
    endpoint(described.pause, async ({ params: { schedule_id }, body }) => changed(schedule_id, schedules.pause(schedule_id, body.note))),
    endpoint(described.unpause, async ({ params: { schedule_id }, body }) =>
      changed(schedule_id, schedules.unpause(schedule_id, body.note)),
    ),
    endpoint(described.trigger, async ({ params: { schedule_id } }) => changed(schedule_id, schedules.trigger(schedule_id))),
    endpoint(described.backfill, async ({ params: { schedule_id }, body: { run, ...body }, principal, locate }) => {
      const { timezone } = await schedules.get(schedule_id);
      const span = spanIn(body, zoneNamed(timezone) ?? 'UTC');
      if (!isSpan(span)) throw invalid('end', NO_SPAN);
      const times = await countTimes(schedules, schedule_id, span);
      const input = backfillInputSchema.parse({ schedule_id, ...body, ...span, times });
      const started = await launchRun(deps, { workflow: 'scheduleBackfill', run, input, startedBy: principal.name });
      locate(pathOfRun(started.run_id));
      return started;
    }),
    endpoint(described.backfills, async ({ params: { schedule_id } }) => ({ backfills: await listBackfills(deps.pool, schedule_id) })),
  ];
}

/** @throws Failure `invalid` when the span has no time that the schedule would run at, or more than are taken at once */
async function countTimes(
  schedules: TemporalSchedules,
  scheduleId: string,
  { start, end }: { start: string; end: string },
): Promise<number> {
  const until = new Date(end);
  let after = new Date(Date.parse(start) - 1);
  let count = 0;
  while (count <= MAX_BACKFILL_TIMES) {
    const times = await schedules.listTimes(scheduleId, { after, until });
    const last = times.at(-1);
    if (!last && count === 0) throw invalid('end', `the schedule has no time from ${start} to ${end}`);
    if (!last) return count;
    count += times.length;
    after = last;
  }
  throw invalid('end', `the span has more than ${MAX_BACKFILL_TIMES} times; take it in parts`);
}
