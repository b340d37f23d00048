import { z } from 'zod';
import { invalid } from '../../contracts/failures.ts';
import { runDetailSchema } from '../../contracts/runs.ts';
import {
  backfillBodySchema,
  backfillInputSchema,
  backfillProgressSchema,
  MAX_BACKFILL_TIMES,
  pauseBodySchema,
  putScheduleBodySchema,
  SCHEDULE_ID_PATTERN,
  scheduleSchema,
} from '../../contracts/schedules.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { listBackfills } from '../../domain/runs/backfills.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalRuns } from '../../platform/temporal/runs.ts';
import type { TemporalSchedules } from '../../platform/temporal/schedules.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { startRun } from '../startRun.ts';
import { parseWorkflowInput } from '../workflowCatalogue.ts';

const params = z.object({ schedule_id: z.string().regex(SCHEDULE_ID_PATTERN, 'letters, digits and ._-, at most 100') });
const path = '/api/v1/schedules/:schedule_id';
const one = { path, tag: 'schedules', params, answer: scheduleSchema, problems: ['missing'] } as const;
const nothing = z.object({});

/** When workflows start by themselves. What changes one answers with the schedule as it then is. */
export function createScheduleEndpoints(deps: { pool: Pool; runs: TemporalRuns; schedules: TemporalSchedules }): Endpoint[] {
  const { schedules } = deps;
  const changed = async (scheduleId: string, change: Promise<unknown>) => {
    await change;
    return schedules.get(scheduleId);
  };
  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/schedules',
        tag: 'schedules',
        role: 'viewer',
        summary: 'Schedules by id, with their next and latest runs',
        answer: z.object({ schedules: z.array(scheduleSchema) }),
      },
      async () => ({ schedules: await schedules.list() }),
    ),
    endpoint({ ...one, method: 'get', role: 'viewer', summary: 'A schedule' }, async ({ params }) => schedules.get(params.schedule_id)),
    endpoint(
      { ...one, method: 'put', role: 'operator', summary: 'Creates a schedule or makes it as given', body: putScheduleBodySchema },
      async ({ params: { schedule_id }, body }) => {
        const input = parseWorkflowInput(body.workflow, body.input);
        const action = { workflowId: runId(body.workflow, schedule_id), taskQueue: TASK_QUEUES.control };
        return schedules.put(schedule_id, { ...body, ...action, input });
      },
    ),
    endpoint(
      { ...one, method: 'delete', role: 'operator', summary: 'Removes a schedule; its runs stay', answer: nothing },
      async ({ params }) => {
        await schedules.remove(params.schedule_id);
        return {};
      },
    ),
    endpoint(
      { ...one, method: 'post', path: `${path}/pause`, role: 'operator', summary: 'Pauses a schedule', body: pauseBodySchema },
      async ({ params: { schedule_id }, body }) => changed(schedule_id, schedules.pause(schedule_id, body.note)),
    ),
    endpoint(
      { ...one, method: 'post', path: `${path}/unpause`, role: 'operator', summary: 'Lets a schedule go on', body: pauseBodySchema },
      async ({ params: { schedule_id }, body }) => changed(schedule_id, schedules.unpause(schedule_id, body.note)),
    ),
    endpoint(
      {
        ...one,
        method: 'post',
        path: `${path}/trigger`,
        status: 202,
        role: 'operator',
        summary: 'Starts a run now, or after the one going on',
      },
      async ({ params: { schedule_id } }) => changed(schedule_id, schedules.trigger(schedule_id)),
    ),
    endpoint(
      {
        ...one,
        method: 'post',
        path: `${path}/backfill`,
        status: 202,
        role: 'operator',
        summary: 'Starts the runs that a span of the past would have had, so many at a time, as a run of its own',
        body: backfillBodySchema,
        answer: runDetailSchema,
        problems: ['missing', 'conflict'],
      },
      async ({ params: { schedule_id }, body: { run, ...body }, principal, locate }) => {
        const times = await countTimes(deps.schedules, schedule_id, body);
        const input = backfillInputSchema.parse({ schedule_id, ...body, times });
        const started = await startRun(deps, { workflow: 'scheduleBackfill', run, input, startedBy: principal.name });
        locate(`/api/v1/runs/${started.run_id}`);
        return started;
      },
    ),
    endpoint(
      {
        ...one,
        method: 'get',
        path: `${path}/backfills`,
        role: 'viewer',
        summary: 'The latest backfills of a schedule, with how far each has come',
        answer: z.object({ backfills: z.array(backfillProgressSchema) }),
      },
      async ({ params: { schedule_id } }) => ({ backfills: await listBackfills(deps.pool, schedule_id) }),
    ),
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
