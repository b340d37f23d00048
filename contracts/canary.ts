import { z } from 'zod';
import { canaryStageSchema, canaryStagesSchema, minutes } from './canaryStages.ts';
import { modelNameSchema } from './models.ts';
import { DEFAULT_ROUTE, routeNameSchema } from './routes.ts';
import { REASON_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';

const count = z.number().int().min(0);

const limitsSchema = z.strictObject({
  error_share: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.01)
    .describe("Of the version's answers, that may fail beyond the share that fails of the champion's"),
  latency_ratio: z.number().min(1).max(100).default(1.5).describe("Mean time of an answer, by the champion's"),
});

const USUAL_STAGES: z.input<typeof canaryStageSchema>[] = [
  { share: 0.01, min_answers: 100 },
  { share: 0.1, min_minutes: 30 },
  { share: 0.5, min_minutes: 60 },
  { share: 1 },
];

/** What a rollout is asked for by. */
export const canaryFields = {
  route: routeNameSchema.default(DEFAULT_ROUTE),
  model: modelNameSchema,
  version: z.string().regex(/^[1-9]\d{0,8}$/, 'a number of a version'),
  stages: canaryStagesSchema.default(() => USUAL_STAGES.map((stage) => canaryStageSchema.parse(stage))),
  limits: limitsSchema.default(() => limitsSchema.parse({})),
  alpha: z
    .number()
    .min(0.0001)
    .max(0.2)
    .default(0.05)
    .describe('Probability at most with which a version that is as good is ever taken back, however long it is watched'),
  max_minutes: minutes.min(1).default(1_440).describe('Of one stage: where it has too few answers by then, the version is taken back'),
  check_seconds: z.number().int().min(1).max(3_600).default(30).describe('How often it is looked at'),
  reason: plainText(REASON_CHARACTERS).default(''),
};

/** What `canaryRollout` starts from. The caller gives all but the last, which is carried over a continue-as-new. */
export const canaryInputSchema = z.strictObject({
  ...canaryFields,
  carried: z.strictObject({ stage: count, watched_ms: count }).optional(),
});
export type CanaryInput = z.input<typeof canaryInputSchema>;
export type CanaryPlan = Omit<z.output<typeof canaryInputSchema>, 'carried'>;

export const CANARY_OUTCOMES = ['promoted', 'rolled_back', 'aborted', 'stopped'] as const;
export type CanaryOutcome = (typeof CANARY_OUTCOMES)[number];
export interface CanaryResult {
  readonly outcome: CanaryOutcome;
  readonly reason: string;
}

/** What a rollout is known by in its table: the first execution of its workflow. */
export interface RolloutRef {
  readonly rollout_id: string;
}

/** Where a step finds that a rollout cannot go on; null where it can. */
export interface CanaryStop {
  readonly stop: string | null;
}

/** A look at a stage: go on watching, begin the next stage, take the version back, or leave the route to whoever changed it. */
export interface CanaryLook {
  readonly verdict: 'wait' | 'pass' | 'roll_back' | 'stop';
  readonly reason: string;
  /** That the look took: who looks rests longer than that */
  readonly took_ms: number;
}

/** Signal of `canaryRollout`: takes the version back. */
export const ABORT_SIGNAL = 'abort';
export const abortRequestSchema = z.strictObject({ reason: plainText(REASON_CHARACTERS).default('') });
export type AbortRequest = z.input<typeof abortRequestSchema>;

const figure = z.number().nullable();
const armSchema = z.object({
  users: z.number(),
  answers: z.number(),
  faults: z.number().describe('Answers that a model was to give and could not; another one gave them'),
  latency_ms: figure.describe('Mean'),
});
export type CanaryArm = z.infer<typeof armSchema>;

/** How a stage stood when it was last looked at; differences are over all stages until then, stage by stage. */
export const canaryReportSchema = z.object({
  minutes: z.number().describe('Watched; a pause does not count'),
  arms: z.object({ champion: armSchema, canary: armSchema }),
  comparisons: z
    .array(z.object({ metric: z.string(), difference: figure, low: figure, high: figure }))
    .describe("The version's value less the champion's, with intervals that are true however often somebody looks"),
  latency: z.object({ difference_ms: figure, low: figure, high: figure }).describe("Beyond what the limit allows of the champion's mean"),
});
export type CanaryReport = z.infer<typeof canaryReportSchema>;

const time = z.iso.datetime();
export const canarySchema = z.object({
  rollout_id: z.string(),
  run_id: z.string().describe('Of its workflow: `canary/<route>`'),
  route: z.string(),
  model: z.string(),
  version: z.string(),
  champion: z.string().nullable().describe('The version that it is held against'),
  state: z.enum(['running', ...CANARY_OUTCOMES]),
  paused: z.boolean().describe('It grows no further until it is resumed; it is watched on'),
  reason: z.string().describe('Why it was asked for; of one that has ended, why it ended so'),
  stage: z.number().int().nullable().describe('That it is at, from 1'),
  plan: z.object({
    stages: z.array(canaryStageSchema),
    limits: limitsSchema,
    alpha: z.number(),
    max_minutes: z.number(),
    check_seconds: z.number(),
  }),
  stages: z.array(
    z.object({
      stage: z.number().int(),
      share: z.number(),
      revision: z.number().int().describe('Of the route'),
      started_at: time,
      checked_at: time.nullable(),
      verdict: z.enum(['wait', 'pass', 'roll_back', 'stop']).nullable(),
      reason: z.string(),
      report: canaryReportSchema.nullable(),
    }),
  ),
  started_at: time,
  ended_at: time.nullable(),
});
export type Canary = z.infer<typeof canarySchema>;
