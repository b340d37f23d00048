import { z } from 'zod';
import { STARTABLE_WORKFLOWS } from './workflows.ts';

export const SCHEDULE_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The schedules that a start makes where they are missing; what an operator changed stays. */
export const DEFAULT_SCHEDULES = {
  'movie-data-collection': 'movieDataCollection',
  'feature-materialization': 'featureMaterialization',
  'movie-training-pipeline': 'movieTrainingPipeline',
  'tmdb-retention': 'tmdbRetention',
} as const;

export const putScheduleBodySchema = z.object({
  workflow: z.enum(STARTABLE_WORKFLOWS),
  cron: z
    .string()
    .max(200)
    .regex(/^[\w*,/?-]+( [\w*,/?-]+){4}$/, 'five fields with a space between, such as `0 3 * * *`')
    .describe('Minute, hour, day of the month, month, day of the week; UTC'),
  input: z.record(z.string(), z.unknown()).default({}),
  paused: z.boolean().default(false),
  note: z.string().max(500).default(''),
});

export const scheduleSchema = z.object({
  schedule_id: z.string(),
  workflow: z.string(),
  cron: z.array(z.string()),
  input: z.unknown(),
  paused: z.boolean(),
  note: z.string(),
  next_runs: z.array(z.iso.datetime()),
  recent_runs: z.array(z.object({ run_id: z.string(), scheduled_at: z.iso.datetime() })),
});
export type Schedule = z.infer<typeof scheduleSchema>;

export const backfillBodySchema = z
  .object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) })
  .refine(({ start, end }) => Date.parse(start) < Date.parse(end), { path: ['end'], message: 'must come after start' });

export const pauseBodySchema = z.object({ note: z.string().max(500).default('') });
