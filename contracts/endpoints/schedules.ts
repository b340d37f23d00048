import { z } from 'zod';
import { runDetailSchema } from '../runs.ts';
import {
  backfillBodySchema,
  backfillProgressSchema,
  pauseBodySchema,
  ownScheduleIdSchema,
  putScheduleBodySchema,
  scheduleIdSchema,
  scheduleSchema,
} from '../schedules.ts';
import type { EndpointDescription } from './endpoint.ts';

const params = z.object({ schedule_id: scheduleIdSchema.describe('Encoded: one that was made in Temporal may be any text') });
const ownParams = z.object({ schedule_id: ownScheduleIdSchema });
const tag = 'schedules';
const path = '/api/v1/schedules';
const one = { path: `${path}/:schedule_id`, tag, params, answer: scheduleSchema, problems: ['missing'] } as const;

/** When workflows start by themselves. What changes one answers with the schedule as it then is. */
export const schedules = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'viewer',
    summary: 'Schedules by id, with their next and latest runs',
    answer: z.object({ schedules: z.array(scheduleSchema) }),
  },
  get: { ...one, method: 'get', role: 'viewer', summary: 'A schedule' },
  put: {
    ...one,
    method: 'put',
    params: ownParams,
    role: 'operator',
    summary: 'Creates a schedule or makes it as given',
    body: putScheduleBodySchema,
  },
  remove: { ...one, method: 'delete', role: 'operator', summary: 'Removes a schedule; its runs stay', answer: z.object({}) },
  pause: {
    ...one,
    method: 'post',
    path: `${one.path}/pause`,
    role: 'operator',
    summary: 'Pauses a schedule',
    body: pauseBodySchema,
  },
  unpause: {
    ...one,
    method: 'post',
    path: `${one.path}/unpause`,
    role: 'operator',
    summary: 'Lets a schedule go on',
    body: pauseBodySchema,
  },
  trigger: {
    ...one,
    method: 'post',
    path: `${one.path}/trigger`,
    status: 202,
    role: 'operator',
    summary: 'Starts a run now, or after the one going on',
  },
  backfill: {
    ...one,
    method: 'post',
    path: `${one.path}/backfill`,
    status: 202,
    role: 'operator',
    summary: 'Starts the runs that a span of the past would have had, so many at a time, as a run of its own',
    body: backfillBodySchema,
    answer: runDetailSchema,
    problems: ['missing', 'conflict'],
  },
  backfills: {
    ...one,
    method: 'get',
    path: `${one.path}/backfills`,
    role: 'viewer',
    summary: 'The latest backfills of a schedule, with how far each has come',
    answer: z.object({ backfills: z.array(backfillProgressSchema) }),
  },
} as const satisfies Record<string, EndpointDescription>;
