import { z } from 'zod';
import { MODEL_NAMES, modelNameSchema } from './models.ts';
import { TIME_CHARACTERS } from './sizes.ts';

/** What a window is compared by: what comes in, and how well the answers do. */
export const DRIFT_COLUMNS = {
  ratings: { about: 'input', threshold: 0.2, meaning: 'Ratings that were given' },
  genres: { about: 'input', threshold: 0.15, meaning: 'Genres of the movies that were chosen' },
  items: { about: 'input', threshold: 0.15, meaning: 'The most chosen movies, and all others together' },
  activity: { about: 'input', threshold: 0.2, meaning: 'Choices of a user within the window' },
  new_users: { about: 'input', threshold: 0.1, meaning: 'Share of users whom the model did not learn of' },
  new_items: { about: 'input', threshold: 0.1, meaning: 'Share of choices of movies whom nobody had chosen when it learnt' },
  scores: { about: 'input', threshold: 0.2, meaning: "Score of the first movie of a user's latest answer by this version" },
  click_through_rate: { about: 'quality', threshold: 0.1, meaning: 'Movies that were chosen after they were shown, by answers' },
  hr_at_10: { about: 'quality', threshold: 0.1, meaning: 'Choices whose movie stood among the first 10 of the answer before them' },
} as const satisfies Record<string, { about: 'input' | 'quality'; threshold: number; meaning: string }>;
export type DriftColumn = keyof typeof DRIFT_COLUMNS;
const DRIFT_COLUMN_NAMES = Object.keys(DRIFT_COLUMNS) as [DriftColumn, ...DriftColumn[]];

const count = z.number().int();
const columnSchema = z.enum(DRIFT_COLUMN_NAMES);
const ofEach = <Name extends string, Value extends z.ZodType>(names: readonly Name[], value: Value) =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, value.optional()])) as Record<Name, z.ZodOptional<Value>>);
const thresholdsSchema = ofEach(DRIFT_COLUMN_NAMES, z.number().gt(0).max(1_000));

export const judgingSettingsSchema = z.strictObject({
  window_days: count.min(1).max(90).default(7).describe('Whole days in UTC; seven or a multiple, so that each has the same weekdays'),
  min_events: count.min(1).max(1_000_000).default(100).describe('A column of fewer events is not judged'),
  min_users: count.min(2).max(1_000_000).default(20).describe('A column of fewer users is not judged'),
  alpha: z
    .number()
    .gt(0)
    .max(0.2)
    .default(0.05)
    .describe('Of any drift in a window of stable data, over all of its columns; it takes two windows to alarm'),
  thresholds: ofEach(MODEL_NAMES, thresholdsSchema).default({}).describe('By model and column: how large a difference must be to count'),
});
export type JudgingSettings = z.infer<typeof judgingSettingsSchema>;

export const driftMonitorInputSchema = z.strictObject({
  ...judgingSettingsSchema.shape,
  models: z
    .array(modelNameSchema)
    .min(1)
    .max(20)
    .optional()
    .describe('Whose champions are looked at; all that have one where this is left out'),
  until: z.iso
    .datetime({ offset: true })
    .max(TIME_CHARACTERS)
    .optional()
    .describe('The window ends with the day before; the start of the run where this is left out'),
});
export type DriftMonitorInput = z.input<typeof driftMonitorInputSchema>;

const share = z.number().describe('0 to 1');
const classSchema = z.object({
  label: z.string(),
  reference: share,
  live: share,
  low: z.number().nullable().describe('What 95 of 100 windows of the reference have at least'),
  high: z.number().nullable().describe('What 95 of 100 have at most'),
});
export type DriftClass = z.infer<typeof classSchema>;

export const columnResultSchema = z.object({
  column: columnSchema,
  about: z.enum(['input', 'quality']),
  state: z.enum(['drifted', 'stable', 'not_judged']),
  reason: z.string().nullable().describe('Why it was not judged'),
  effect: z.string().nullable().describe('How the difference is measured'),
  value: z.number().nullable(),
  threshold: z.number().nullable().describe('Smaller differences do not count'),
  score: z.number().nullable().describe('The difference by its threshold: 1 and above counts where it is beyond chance too'),
  test: z.string().nullable().describe('How it was told from chance, by the size of the sample'),
  p: z.number().nullable().describe('Of such a difference by chance, users as the independent unit'),
  p_adjusted: z.number().nullable().describe('The same for somebody who looks at all columns'),
  events: count,
  users: count,
  most: z.string().nullable().describe('Where the difference is largest'),
  measures: z.record(z.string(), z.number()).describe('Further measures of the difference; p-values among them take events as independent'),
  classes: z.array(classSchema),
});
export type ColumnResult = z.infer<typeof columnResultSchema>;

const PUSH_STATES = ['held', 'approved', 'rejected'] as const;
export const pushSchema = z.object({
  push_id: z.uuid(),
  movie_id: z.string(),
  title: z.string().nullable(),
  users: count.describe('New users who did next to nothing else'),
  times: z.number().describe("Their choices of it by what the other users' taste would give"),
  state: z.enum(PUSH_STATES).describe('Held and rejected ones are not learnt from'),
  found_at: z.iso.datetime(),
  decided_by: z.string().nullable(),
  decided_at: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
});
export type Push = z.infer<typeof pushSchema>;

const QUALITY = ['hurt', 'holds', 'unknown'] as const;
export const driftQualitySchema = z.enum(QUALITY).describe('Whether answers do worse than when the version was new');
export const driftVerdictSchema = z.object({
  quality: driftQualitySchema,
  input: z.enum(['moved', 'stable', 'unknown']),
  says: z.string(),
});
export type DriftVerdict = z.infer<typeof driftVerdictSchema>;

export const driftSummarySchema = z.object({
  report_id: z.uuid(),
  run_id: z.string(),
  model_name: modelNameSchema,
  model_version: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  drifted: z.boolean(),
  score: z.number().nullable().describe('Of the column that moved farthest; null where none was judged'),
  verdict: driftVerdictSchema,
  alert: z
    .enum(['none', 'waits', 'sent', 'open', 'resolved'])
    .describe('`waits`: it must hold for the next window too; `open`: told before'),
  created_at: z.iso.datetime(),
});
export type DriftSummary = z.infer<typeof driftSummarySchema>;

export const driftReportSchema = driftSummarySchema.extend({
  settings: judgingSettingsSchema,
  reference: z.object({
    snapshot_id: z.string().nullable(),
    events: count,
    users: count,
    reason: z.string().nullable().describe('Why there is nothing to compare with'),
  }),
  events: count,
  users: count,
  sampled_events: count.nullable().describe('So many were compared, of users drawn by lot; null where all were'),
  columns: z.array(columnResultSchema),
  pushes: z.array(pushSchema).describe('Movies that many new users chose who did next to nothing else'),
});
export type DriftReport = z.infer<typeof driftReportSchema>;

const OUTCOMES = ['training', 'promoted', 'kept', 'failed'] as const;
export const driftDecisionSchema = z.object({
  run_id: z.string().describe('The training that was decided on'),
  model_name: modelNameSchema,
  alerts: z.array(z.uuid()).describe('That it answers'),
  report_id: z.uuid().nullable().describe('Of the first of them that has one'),
  quality: driftQualitySchema,
  drift_score: z.number(),
  outcome: z.enum(OUTCOMES).describe('Whether the challenger was promoted, or the champion kept'),
  version: z.string().nullable(),
  reason: z.string().nullable(),
  held_choices: count.nullable().describe('Choices that it did not learn from, since nobody has approved them'),
  started_at: z.iso.datetime(),
  decided_at: z.iso.datetime().nullable(),
});
export type DriftDecision = z.infer<typeof driftDecisionSchema>;

/** What came of a report. */
export const driftConsequenceSchema = z.object({
  alert: z
    .object({
      event_id: z.uuid(),
      report_id: z.uuid().describe('That told it: this one, or an earlier one while it is open'),
      received_at: z.iso.datetime().nullable().describe('Null while it is on its way'),
    })
    .nullable(),
  retraining: driftDecisionSchema.nullable(),
  state: z
    .enum(['calm', 'late', 'waits', 'resolved', 'on_its_way', 'gathering', 'retrained'])
    .describe(
      '`calm`: nothing drifted; `late`: a later window was looked at before; `waits`: it must hold for the next window too; `resolved`: it is over; `gathering`: the alert waits for others, or for the next time that the model may be trained',
    ),
  run_id: z.string().describe('The run that gathers alerts of the model, where there were any'),
});
export type DriftConsequence = z.infer<typeof driftConsequenceSchema>;

export const decidePushBodySchema = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().max(500).default(''),
});

/** What the workflow is told of one model. */
export const judgedModelSchema = driftSummarySchema.pick({ report_id: true, model_name: true, drifted: true, alert: true });
export type JudgedModel = z.infer<typeof judgedModelSchema>;

export interface DriftPlan {
  readonly models: readonly { readonly name: z.infer<typeof modelNameSchema>; readonly version: string }[];
  readonly from: string;
  readonly to: string;
}

export interface DriftMonitorResult {
  readonly from: string;
  readonly to: string;
  readonly models: readonly JudgedModel[];
}
