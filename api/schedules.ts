import { z } from 'zod';
import { backfillBodySchema, pauseBodySchema, putScheduleBodySchema, SCHEDULE_ID_PATTERN, scheduleSchema } from '../contracts/schedules.ts';
import { runId, TASK_QUEUES } from '../contracts/workflows.ts';
import type { TemporalSchedules } from '../platform/temporalSchedules.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { parseWorkflowInput } from './workflowCatalogue.ts';

const params = z.object({ schedule_id: z.string().regex(SCHEDULE_ID_PATTERN, 'letters, digits and ._-, at most 100') });
const path = '/api/v1/schedules/:schedule_id';
const one = { path, tag: 'schedules', params, answer: scheduleSchema, problems: [404] } as const;
const nothing = z.object({});

/** When workflows start by themselves. What changes one answers with the schedule as it then is. */
export function createScheduleEndpoints({ schedules }: { schedules: TemporalSchedules }): Endpoint[] {
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
        summary: 'Starts the runs that a span of the past would have had, one after another',
        body: backfillBodySchema,
      },
      async ({ params: { schedule_id }, body: { start, end } }) =>
        changed(schedule_id, schedules.backfill(schedule_id, { start: new Date(start), end: new Date(end) })),
    ),
  ];
}
