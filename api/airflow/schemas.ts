import { z } from 'zod';
import { workflowInputField } from '../../contracts/bounded.ts';
import { ID_CHARACTERS, TIME_CHARACTERS } from '../../contracts/sizes.ts';
import { RUN_NAME_PATTERN } from '../../contracts/workflows.ts';

// What Airflow's clients send. Fields that we have no use for are passed over.

/** Of runs, tasks and DAGs. */
const name = z.string().max(ID_CHARACTERS);
const names = z.array(name).max(1_000);
const time = z.iso
  .datetime({ offset: true })
  .max(TIME_CHARACTERS)
  .transform((text) => new Date(text));

/** Airflow's own default and bound of a page; a larger limit means the bound, as there. */
const MAX_LIMIT = 100;
const whole = z.string().max(20).regex(/^\d+$/, 'a whole number').transform(Number);
export const pageSchema = z.object({
  limit: whole.default(MAX_LIMIT).transform((limit) => (limit === 0 ? MAX_LIMIT : Math.min(limit, MAX_LIMIT))),
  offset: whole.pipe(z.number().max(1_000_000_000)).default(0),
});

export const timesSchema = z.object({
  execution_date_gte: time.optional(),
  execution_date_lte: time.optional(),
  start_date_gte: time.optional(),
  start_date_lte: time.optional(),
  end_date_gte: time.optional(),
  end_date_lte: time.optional(),
});

export const triggerSchema = z.object({
  dag_run_id: z.string().regex(RUN_NAME_PATTERN, 'letters, digits and ._:+-, at most 100').nullish(),
  logical_date: time.nullish(),
  execution_date: time.nullish(),
  conf: workflowInputField.nullish(),
  note: z.string().max(1_000).nullish(),
});

export const listFormSchema = z.object({
  ...timesSchema.shape,
  order_by: name.optional(),
  page_offset: z.number().int().min(0).optional(),
  page_limit: z.number().int().min(0).optional(),
  dag_ids: names.optional(),
  states: names.optional(),
});

export const stateSchema = z.object({ state: z.enum(['success', 'failed', 'queued']) });
export const noteSchema = z.object({ note: z.string().max(1_000).nullable() });

export const patchSchema = z.object({ is_paused: z.boolean().optional() });

export const clearSchema = z.object({
  dag_run_id: name.nullish(),
  task_ids: names.nullish(),
  start_date: time.nullish(),
  end_date: time.nullish(),
  only_failed: z.boolean().default(true),
  only_running: z.boolean().default(false),
  dry_run: z.boolean().default(true),
});
export const clearRunSchema = z.object({ dry_run: z.boolean().default(true) });
