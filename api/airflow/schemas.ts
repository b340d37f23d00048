import { z } from 'zod';
import { workflowInputField } from '../../contracts/bounded.ts';
import { ID_CHARACTERS, TIME_CHARACTERS } from '../../contracts/sizes.ts';
import { exactTime, namesOffset } from '../../contracts/time.ts';
import { RUN_NAME_PATTERN } from '../../contracts/workflows.ts';

// What Airflow's clients send. Fields that we have no use for are passed over.

/** Of runs, tasks and DAGs. */
const name = z.string().max(ID_CHARACTERS);
const names = z.array(name).max(1_000);
const timeText = z.string().max(TIME_CHARACTERS);
const NO_TIME = 'is no time such as 2026-01-01T03:00:00+00:00';

/** A time in a query: UTC where it names no offset, the start of a day, and with a space for a `+` that was not escaped. */
const queryTime = timeText.transform((text, context) => {
  const time = exactTime(text.trim().replace(SPACE_FOR_PLUS, '$1+'));
  if (time === undefined) context.addIssue(NO_TIME);
  return time ?? z.NEVER;
});
/** A space between a time of day and an offset. */
const SPACE_FOR_PLUS = /([T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (?=\d\d(?::?\d\d)?$)/;

/** A time in a body, which names its offset. */
const bodyTime = timeText.transform((text, context) => {
  const time = exactTime(text);
  if (time !== undefined && namesOffset(text)) return time;
  context.addIssue(time === undefined ? NO_TIME : 'Naive datetime is disallowed');
  return z.NEVER;
});

/** Airflow's own default and bound of a page; a larger limit means the bound, as there. */
const MAX_LIMIT = 100;
const whole = z.string().max(20).regex(/^\d+$/, 'a whole number').transform(Number);
export const pageSchema = z.object({
  limit: whole.default(MAX_LIMIT).transform((limit) => (limit === 0 ? MAX_LIMIT : Math.min(limit, MAX_LIMIT))),
  offset: whole.pipe(z.number().max(1_000_000_000)).default(0),
});

const timesOf = <Time extends z.ZodType>(time: Time) => ({
  execution_date_gte: time,
  execution_date_lte: time,
  start_date_gte: time,
  start_date_lte: time,
  end_date_gte: time,
  end_date_lte: time,
});
/** Of the runs or task instances that are asked for. Both ends count. */
export const timesSchema = z.object(timesOf(queryTime.optional()));
export type Times = Partial<Record<keyof ReturnType<typeof timesOf>, string | null | undefined>>;

/** A hundred years. */
const MAX_DURATION_S = 3_155_760_000;
const seconds = z.string().max(30).regex(/^\d+(\.\d+)?$/, 'a number of seconds').transform(Number); // prettier-ignore
export const instanceQuerySchema = z.object({
  ...timesOf(queryTime.optional()),
  duration_gte: seconds.optional(),
  duration_lte: seconds.optional(),
});
/** Of results. */
export const xcomQuerySchema = z.object({
  xcom_key: name.optional(),
  map_index: z.string().max(10).regex(/^-?\d+$/, 'a whole number').optional(), // prettier-ignore
});
export const instanceFormSchema = z.object({
  ...timesOf(bodyTime.nullish()),
  duration_gte: z.number().min(0).max(MAX_DURATION_S).nullish(),
  duration_lte: z.number().min(0).max(MAX_DURATION_S).nullish(),
  page_offset: z.number().int().min(0).optional(),
  page_limit: z.number().int().min(0).optional(),
  dag_ids: names.nullish(),
  dag_run_ids: names.nullish(),
  task_ids: names.nullish(),
  state: z.array(name.nullable().transform((state) => state ?? 'none')).max(100).nullish(), // prettier-ignore
  pool: names.nullish(),
  queue: names.nullish(),
  executor: names.nullish(),
});

export const triggerSchema = z.object({
  dag_run_id: z.string().regex(RUN_NAME_PATTERN, 'letters, digits and ._:+-, at most 100').nullish(),
  logical_date: bodyTime.nullish(),
  execution_date: bodyTime.nullish(),
  conf: workflowInputField.nullish(),
  note: z.string().max(1_000).nullish(),
});

export const listFormSchema = z.object({
  ...timesOf(bodyTime.nullish()),
  order_by: name.optional(),
  page_offset: z.number().int().min(0).optional(),
  page_limit: z.number().int().min(0).optional(),
  dag_ids: names.nullish(),
  states: names.nullish(),
});

export const stateSchema = z.object({ state: z.enum(['success', 'failed', 'queued']) });
export const noteSchema = z.object({ note: z.string().max(1_000).nullable() });

export const patchSchema = z.object({ is_paused: z.boolean().optional() });

export const clearSchema = z.object({
  dag_run_id: name.nullish(),
  task_ids: names.nullish(),
  start_date: bodyTime.nullish(),
  end_date: bodyTime.nullish(),
  only_failed: z.boolean().default(true),
  only_running: z.boolean().default(false),
  dry_run: z.boolean().default(true),
});
export const clearRunSchema = z.object({ dry_run: z.boolean().default(true) });
