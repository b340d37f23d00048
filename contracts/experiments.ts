import { z } from 'zod';
import { byName } from './byName.ts';

const REGISTRY_RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

/** What a column of runs shows, and under which name it was logged. */
export const runColumnSchema = z.object({ kind: z.enum(['metric', 'param', 'tag']), name: z.string() });
export type RunColumn = z.infer<typeof runColumnSchema>;

const registeredRunSchema = z.object({
  run_id: z.string(),
  experiment_id: z.string(),
  name: z.string(),
  user_id: z.string(),
  status: z.enum(REGISTRY_RUN_STATUSES),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
});

/** A metric's latest value; JSON has no NaN and no infinity. */
const valueSchema = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

/** Runs in rows, with what they have in the columns asked for. */
export const listedRunSchema = registeredRunSchema.extend({
  values: z
    .array(z.union([valueSchema, z.string()]).nullable())
    .describe("In the order of the columns: a metric's latest value, the text of a parameter or a tag; null where the run has none"),
});
export type ListedRun = z.infer<typeof listedRunSchema>;

export const runTableSchema = z.object({
  columns: z.array(runColumnSchema).describe('As asked for; where none were, those that say most of the first runs'),
  runs: z.array(listedRunSchema),
  total: z.number().int().nullable().describe('How many fit, counted to 100,000; null but on the first page'),
  next_cursor: z.string().nullable().describe('Where the next page begins; null where there are no more'),
});
export type RunTable = z.infer<typeof runTableSchema>;

/** Names that can be columns. */
export const loggedNamesSchema = z.object({
  looked_at: z.number().int().describe('Newest runs whose names these are'),
  metrics: z.array(z.string()),
  params: z.array(z.string()),
  tags: z.array(z.string()),
});

export const wholeRunSchema = registeredRunSchema.extend({
  experiment: z.string(),
  metrics: byName(z.object({ value: valueSchema, step: z.number().int().describe('Of the latest value; above 0 there is a curve') })),
  params: byName(z.string()),
  tags: byName(z.string()),
  versions: z.array(z.object({ name: z.string(), version: z.string() })).describe('Versions of models that were registered of it'),
});
export type WholeRun = z.infer<typeof wholeRunSchema>;

/** Runs beside one another, in the order asked for. */
export const comparedRunsSchema = z.object({
  runs: z.array(wholeRunSchema),
  better: byName(z.enum(['higher', 'lower'])).describe('In which direction a metric is better, of those that are ours'),
});
export type ComparedRuns = z.infer<typeof comparedRunsSchema>;

export const curvesSchema = z.object({
  curves: z.array(
    z.object({
      run_id: z.string(),
      points: z.array(z.tuple([z.number().int(), valueSchema])).describe('Step and value, by step'),
    }),
  ),
});
