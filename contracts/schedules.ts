import { z } from 'zod';
import { workflowInputField } from './bounded.ts';
import { runSchema } from './runs.ts';
import { cronLineSchema, faultOfField, type CronFieldName } from './cron.ts';
import { TEMPORAL_ID_CHARACTERS, TIME_CHARACTERS } from './sizes.ts';
import { isStorable } from './text.ts';
import { isSpan, NO_SPAN, parseTime } from './time.ts';
import { timeZoneSchema } from './timeZone.ts';
import { RUN_NAME_PATTERN, SCHEDULABLE_WORKFLOWS } from './workflows.ts';

/** The id of a schedule that is made here. */
export const ownScheduleIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits and ._-, at most 100');
/** The id of one that is there: whoever makes one in Temporal may call it as they like. */
export const scheduleIdSchema = z.string().min(1).max(TEMPORAL_ID_CHARACTERS).refine(isStorable, 'no U+0000');

/** What happens when a run is due while the one before is still going on. */
export const OVERLAP_POLICIES = ['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

const overlap = z
  .enum(OVERLAP_POLICIES)
  .describe(
    'When a run is due while another goes on: skip it; run it, or all that come, afterwards (buffer_one, buffer_all); end the other first (cancel_other, terminate_other); run both (allow_all)',
  );

/** Lines, intervals and calendars of one schedule, of each at most. */
const MAX_TIMES = 20;
const cronLines = z
  .union([cronLineSchema, z.array(cronLineSchema).max(MAX_TIMES)], 'a line, or a list of lines')
  .default([])
  .transform((lines) => [lines].flat());

const intervalSchema = z
  .strictObject({
    every_s: z
      .number()
      .int()
      .min(1)
      .max(366 * 86_400),
    offset_s: z.number().int().min(0).default(0).describe('So much later than the whole intervals since 1970'),
  })
  .refine(({ every_s, offset_s }) => every_s < 1 || offset_s < every_s, { path: ['offset_s'], message: 'must be less than every_s' });

const calendarField = (name: CronFieldName, fallback: string) =>
  z
    .string()
    .max(100)
    .default(fallback)
    .superRefine((text, context) => {
      const message = faultOfField(name, text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
const calendarSchema = z.strictObject({
  second: calendarField('second', '0'),
  minute: calendarField('minute', '0'),
  hour: calendarField('hour', '0'),
  day_of_month: calendarField('dayOfMonth', '*'),
  month: calendarField('month', '*'),
  day_of_week: calendarField('dayOfWeek', '*'),
  year: calendarField('year', '*'),
});

/** Temporal takes no shorter window than ten seconds. */
const catchupWindow = z
  .number()
  .int()
  .min(10)
  .max(365 * 86_400);

const putScheduleFields = {
  workflow: z.enum(SCHEDULABLE_WORKFLOWS),
  cron: cronLines.describe(
    'Minute, hour, day of the month, month, day of the week; or `@daily` and its kin, or `@every 2h/10m`. Several lines are times of each',
  ),
  intervals: z.array(intervalSchema).max(MAX_TIMES).default([]).describe('Counted from 1970 in UTC, whatever the time zone'),
  calendars: z.array(calendarSchema).max(MAX_TIMES).default([]).describe('As those of Temporal'),
  timezone: timeZoneSchema
    .default('UTC')
    .describe(
      'Name of the zone whose clocks lines and calendars are about, such as Asia/Seoul. A time that summer time skips is left out, one that comes twice runs the second time',
    ),
  input: workflowInputField.default({}).describe("The workflow's input, at most 64 kB as JSON"),
  paused: z.boolean().default(false),
  note: z.string().max(500).default(''),
  overlap: overlap.default('skip'),
  catchup_window_s: catchupWindow
    .default(86_400)
    .describe('After a time when nothing could start, runs that were due within so many seconds are caught up on'),
};
export const putScheduleBodySchema = z
  .strictObject(putScheduleFields)
  .refine(({ cron, intervals, calendars }) => cron.length + intervals.length + calendars.length > 0, {
    path: ['cron'],
    message: 'say when: a line such as `0 3 * * *`, or intervals, or calendars',
  });

export const scheduleSchema = z.object({
  schedule_id: z.string(),
  workflow: z.string(),
  cron: z
    .array(z.string())
    .describe(
      'Its times as cron lines, also calendars, intervals (`@every 3600s/300s`) and what was edited in Temporal; they can be put again',
    ),
  timezone: z.string(),
  input: z.unknown(),
  paused: z.boolean(),
  note: z.string(),
  overlap,
  catchup_window_s: z.number(),
  next_runs: z.array(z.iso.datetime()),
  next_runs_local: z.array(z.iso.datetime({ offset: true })).describe('The same by the clocks of its time zone'),
  recent_runs: z.array(z.object({ run_id: z.string(), scheduled_at: z.iso.datetime() })),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** More at once than any of the engines would like. */
const MAX_CONCURRENT_RUNS = 50;
/** Thirteen months of hours. */
export const MAX_BACKFILL_TIMES = 10_000;

const time = z.iso.datetime({ offset: true }).max(TIME_CHARACTERS);
const span = { start: time.describe('The first time that may be run'), end: time.describe('The last time that may be run') };
const backfillFields = {
  ...span,
  max_concurrent: z.number().int().min(1).max(MAX_CONCURRENT_RUNS).default(1).describe('Runs that go on at the same time, at most'),
  reprocess: z
    .enum(['none', 'failed'])
    .default('none')
    .describe('What becomes of a time that was run before: nothing, or once more where that run failed or was cancelled'),
};

/** A day, or a time: one without an offset is in the time zone of the schedule. */
const dayOrTime = z
  .string()
  .max(TIME_CHARACTERS)
  .refine((text) => !Number.isNaN(parseTime(text)), 'is no time such as 2026-01-01 or 2026-01-01T03:00:00Z')
  .meta({ pattern: '^\\d{4}-\\d\\d-\\d\\d' });

export const backfillBodySchema = z.strictObject({
  ...backfillFields,
  start: dayOrTime.describe('The first time that may be run, or its day'),
  end: dayOrTime.describe('The last time that may be run; a day with all its times'),
  run: z.string().regex(RUN_NAME_PATTERN, 'letters, digits and ._:+-, at most 100').optional().describe("The backfill's own name"),
});

/** How the runs of a backfill ended. */
export const backfillCountsSchema = z.object({
  succeeded: z.number().int(),
  failed: z.number().int(),
  already_run: z.number().int().describe('Times that a run had before, from whatever reason'),
});
export type BackfillCounts = z.infer<typeof backfillCountsSchema>;

export const backfillInputSchema = z
  .strictObject({
    schedule_id: scheduleIdSchema,
    ...backfillFields,
    times: z.number().int().optional().describe('How many times the span has, where whoever started it counted them'),
    carried: z
      .strictObject({ after: time, counts: backfillCountsSchema })
      .optional()
      .describe('What the execution before handed on: the last time that is done, and how its runs ended'),
  })
  .refine(isSpan, { path: ['end'], message: NO_SPAN });
export type BackfillInput = z.infer<typeof backfillInputSchema>;

export const backfillResultSchema = backfillCountsSchema.extend({ schedule_id: z.string(), ...span });
export type BackfillResult = z.infer<typeof backfillResultSchema>;

/** The next times of a backfill, and what runs at them. */
export interface BackfillPage {
  readonly workflow: string;
  /** The run of a time is named `<workflow_id>-<time>`, as Temporal names a schedule's own. */
  readonly workflow_id: string;
  readonly input: unknown;
  readonly times: readonly string[];
  /** Times of this page that are not among `times`, since they had a run */
  readonly already_run: number;
  /** The last time that this page looked at; null when there is none after it */
  readonly next: string | null;
}

/** A backfill as far as it has come. */
export const backfillProgressSchema = runSchema.pick({ run_id: true, state: true, error: true, created_at: true, ended_at: true }).extend({
  ...span,
  max_concurrent: z.number().int(),
  times: z.number().int().nullable().describe('How many there are in the span'),
  running: z.number().int(),
  succeeded: z.number().int(),
  failed: z.number().int(),
  already_run: z.number().int().nullable().describe('Known once the backfill has ended'),
});
export type BackfillProgress = z.infer<typeof backfillProgressSchema>;

export const pauseBodySchema = z.strictObject({ note: z.string().max(500).default('') });
