import { z } from 'zod';
import { workflowInputField } from './bounded.ts';
import { runSchema } from './runs.ts';
import { TIME_CHARACTERS } from './sizes.ts';
import { RUN_NAME_PATTERN, SCHEDULABLE_WORKFLOWS } from './workflows.ts';

export const SCHEDULE_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What happens when a run is due while the one before is still going on. */
export const OVERLAP_POLICIES = ['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

const overlap = z
  .enum(OVERLAP_POLICIES)
  .describe(
    'When a run is due while another goes on: skip it; run it, or all that come, afterwards (buffer_one, buffer_all); end the other first (cancel_other, terminate_other); run both (allow_all)',
  );

/** Temporal takes no shorter window than ten seconds. */
const catchupWindow = z
  .number()
  .int()
  .min(10)
  .max(365 * 86_400);

export const putScheduleBodySchema = z.strictObject({
  workflow: z.enum(SCHEDULABLE_WORKFLOWS),
  cron: z
    .string()
    .max(200)
    .regex(/^[\w*,/?-]+( [\w*,/?-]+){4}$/, 'five fields with a space between, such as `0 3 * * *`')
    .describe('Minute, hour, day of the month, month, day of the week; UTC'),
  input: workflowInputField.default({}).describe("The workflow's input, at most 64 kB as JSON"),
  paused: z.boolean().default(false),
  note: z.string().max(500).default(''),
  overlap: overlap.default('skip'),
  catchup_window_s: catchupWindow
    .default(86_400)
    .describe('After a time when nothing could start, runs that were due within so many seconds are caught up on'),
});

export const scheduleSchema = z.object({
  schedule_id: z.string(),
  workflow: z.string(),
  cron: z.array(z.string()).describe('Its times as cron lines, also where it was edited in Temporal; an interval as `@every 3600s/300s`'),
  input: z.unknown(),
  paused: z.boolean(),
  note: z.string(),
  overlap,
  catchup_window_s: z.number(),
  next_runs: z.array(z.iso.datetime()),
  recent_runs: z.array(z.object({ run_id: z.string(), scheduled_at: z.iso.datetime() })),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** More at once than any of the engines would like. */
const MAX_CONCURRENT_RUNS = 50;
/** Thirteen months of hours. */
export const MAX_BACKFILL_TIMES = 10_000;

const time = z.iso.datetime({ offset: true }).max(TIME_CHARACTERS);
const span = { start: time.describe('The first time that may be run'), end: time.describe('The last time that may be run') };
const isSpan = ({ start, end }: { start: string; end: string }) => !(Date.parse(start) >= Date.parse(end)); // one that is no time has its own message
const NO_SPAN = { path: ['end'], message: 'must come after start' };
const backfillFields = {
  ...span,
  max_concurrent: z.number().int().min(1).max(MAX_CONCURRENT_RUNS).default(1).describe('Runs that go on at the same time, at most'),
  reprocess: z
    .enum(['none', 'failed'])
    .default('none')
    .describe('What becomes of a time that was run before: nothing, or once more where that run failed or was cancelled'),
};

export const backfillBodySchema = z
  .strictObject({
    ...backfillFields,
    run: z.string().regex(RUN_NAME_PATTERN, 'letters, digits and ._:+-, at most 100').optional().describe("The backfill's own name"),
  })
  .refine(isSpan, NO_SPAN);

/** How the runs of a backfill ended. */
export const backfillCountsSchema = z.object({
  succeeded: z.number().int(),
  failed: z.number().int(),
  already_run: z.number().int().describe('Times that a run had before, from whatever reason'),
});
export type BackfillCounts = z.infer<typeof backfillCountsSchema>;

export const backfillInputSchema = z
  .strictObject({
    schedule_id: z.string().regex(SCHEDULE_ID_PATTERN),
    ...backfillFields,
    times: z.number().int().optional().describe('How many times the span has, where whoever started it counted them'),
    carried: z
      .strictObject({ after: time, counts: backfillCountsSchema })
      .optional()
      .describe('What the execution before handed on: the last time that is done, and how its runs ended'),
  })
  .refine(isSpan, NO_SPAN);
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
