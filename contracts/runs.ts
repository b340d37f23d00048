import { z } from 'zod';
import { workflowInputField } from './bounded.ts';
import { ID_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';
import { RUN_NAME_PATTERN, STARTABLE_WORKFLOWS } from './workflows.ts';
import { workflowStateSchema } from './workflowState.ts';

export const RUN_STATES = ['queued', 'running', 'success', 'failed', 'cancelled'] as const;
export const runStateSchema = z.enum(RUN_STATES);
export type RunState = (typeof RUN_STATES)[number];
export const isOpen = ({ state }: { readonly state: RunState }): boolean => state === 'queued' || state === 'running';

export const STEP_STATES = ['running', 'success', 'failed', 'cancelled', 'lost'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** What started a run: a person or an event, a schedule, or the backfill of one. */
export const RUN_TYPES = ['manual', 'scheduled', 'backfill'] as const;
export type RunType = (typeof RUN_TYPES)[number];

const time = z.iso.datetime().nullable();

export const startRunBodySchema = z.strictObject({
  workflow: z
    .string()
    .max(ID_CHARACTERS)
    .describe(`One of ${STARTABLE_WORKFLOWS.join(', ')}`),
  run: z
    .string()
    .regex(RUN_NAME_PATTERN, 'letters, digits and ._:+-, at most 100')
    .optional()
    .describe("The run's own name; made from the time when missing"),
  input: workflowInputField.default({}).describe("The workflow's input, at most 64 kB as JSON; see its schema"),
});

const stepName = plainText(ID_CHARACTERS).min(1);
export const retryBodySchema = z.strictObject({
  step: stepName,
  subject: stepName.optional().describe('Of a run that makes several models: which one; all of them when missing'),
  part: stepName.optional().describe('Of a step that is done in parts: which one; all of them when missing'),
});
export type RetryBody = z.output<typeof retryBodySchema>;

export const runSchema = z.object({
  run_id: z.string().describe('Such as training/2026-11-23-a1; the same in Temporal, here and in the CLI'),
  workflow: z.string(),
  state: runStateSchema,
  input: z.unknown(),
  result: z.unknown().nullable(),
  error: z.string().nullable(),
  started_by: z.string().describe('Who asked for it, or `schedule/<id>`, or the run that it belongs to'),
  run_type: z.enum(RUN_TYPES),
  logical_date: time.describe('The time that it stands for: that of its schedule, or the one that a client of Airflow gave it'),
  note: z.string().nullable(),
  created_at: z.iso.datetime(),
  started_at: time,
  ended_at: time,
});
export type Run = z.infer<typeof runSchema>;

/** One attempt of one step. */
export const runStepSchema = z.object({
  step: z.string(),
  subject: z.string().nullable().describe('The model that the step is about, where a run makes several'),
  part: z.string().nullable().describe('Which part of the work it is, where a step does several: a view, a trial, a shard'),
  attempt: z.number().int(),
  state: z.enum(STEP_STATES).describe('`lost`: the worker died; the next attempt took over'),
  queue: z.string(),
  worker: z.string(),
  started_at: z.iso.datetime(),
  ended_at: time,
  result: z.unknown().nullable(),
  error: z.string().nullable(),
  progress: z.unknown().nullable().describe('Latest heartbeat of a running step, such as epoch and loss'),
});
export type RunStep = z.infer<typeof runStepSchema>;

/** What a workflow of a run says of itself. */
export const runNowSchema = workflowStateSchema.extend({
  subject: z.string().nullable().describe('The part that says so; null for the run itself'),
});
export type RunNow = z.infer<typeof runNowSchema>;

export const runDetailSchema = runSchema.extend({
  steps: z.array(runStepSchema),
  now: z
    .array(runNowSchema)
    .describe('While it goes on: what it does and waits for, then what its parts do; none where no worker says so in a second'),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

export const runLogLineSchema = z.object({
  step: z.string(),
  subject: z.string().nullable(),
  attempt: z.number().int(),
  line: z.number().int(),
  logged_at: z.iso.datetime(),
  level: z.string(),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});
export type RunLogLine = z.infer<typeof runLogLineSchema>;

export const runPageSchema = z.object({ runs: z.array(runSchema), next_cursor: z.string().nullable() });
