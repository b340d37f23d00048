import { z } from 'zod';
import { encodingSchema } from './encoding.ts';
import { intervalSchema } from './gate.ts';
import { modelSpecSchema } from './models.ts';
import { metricsSchema, splitKindSchema, type SplitKind } from './training.ts';

/** Movies that the held-out one of a user is ranked against where they are sampled. */
export const NEGATIVES_PER_USER = 99;

/** What a local evaluation measures, the split it takes where none is named, and the metrics it is read by, the first one foremost. */
export const EVALUATION_PROTOCOLS = {
  loo: { split: 'leave_one_out', metrics: ['ndcg_at_10', 'hr_at_10'], what: "each user's held-out movie against 99 sampled negatives" },
  full: {
    split: 'per_user',
    metrics: ['full_ndcg_at_10', 'recall_at_10', 'recall_at_20', 'mrr_at_10', 'hit_at_10', 'coverage_at_10', 'novelty_at_10'],
    what: "all of each user's held-out movies among every movie they had not chosen",
  },
  rating: { split: 'per_user', metrics: ['rmse', 'mae', 'accuracy'], what: 'held-out ratings' },
} as const satisfies Record<string, { split: SplitKind; metrics: readonly string[]; what: string }>;
export type EvaluationProtocol = keyof typeof EVALUATION_PROTOCOLS;
const protocolSchema = z.enum(Object.keys(EVALUATION_PROTOCOLS) as [EvaluationProtocol, ...EvaluationProtocol[]]);

/** Trains one model on a folder of ratings and evaluates it, on this machine and without an engine. */
export const evaluationRequestSchema = z.strictObject({
  data: z.string().describe('Folder of a MovieLens set, in any of its formats'),
  encoding: encodingSchema.optional(),
  protocol: protocolSchema,
  split: splitKindSchema.optional().describe("The protocol's own when missing"),
  seed: z.number().int().min(0).max(2_147_483_647).default(42),
  negatives: z.string().optional().describe("File of held-out pairs and their negatives, in the NCF paper's format"),
  spec: modelSpecSchema,
});
export type EvaluationRequest = z.input<typeof evaluationRequestSchema>;

/** A figure that somebody else reported. */
const publishedFigureSchema = z.object({ system: z.string(), metrics: metricsSchema, source: z.string() });
export type PublishedFigure = z.infer<typeof publishedFigureSchema>;

/** Against how many sampled negatives users are asked, who may differ: 99, where there are as many. */
const negativesAskedSchema = z.object({ least: z.number().int(), most: z.number().int() });
export type NegativesAsked = z.infer<typeof negativesAskedSchema>;

/** Rows that break a rule, under the rule's name in an import. */
const setAsideSchema = z.object({
  rule: z.string(),
  rows: z.number().int(),
  sample: z.array(z.object({ file: z.string(), line: z.number().int(), reason: z.string() })).describe('The first few'),
});
export type SetAside = z.infer<typeof setAsideSchema>;

export const evaluationAnswerSchema = z.object({
  data: z.object({
    name: z.string().describe('ml-100k, ml-1m, … by its counts; else the folder'),
    format: z.string(),
    users: z.number().int(),
    movies: z.number().int(),
    interactions: z.number().int(),
    set_aside: z.array(setAsideSchema).describe('Rows that were not read'),
  }),
  kind: z.string(),
  split: splitKindSchema,
  seed: z.number().int(),
  asked: z.number().int().describe('Users, or held-out ratings'),
  tied_share: z
    .number()
    .nullable()
    .describe('Of the users, those whose held-out movie shares its moment with another; null for a split that does not go by the last'),
  negatives: negativesAskedSchema.nullable().describe('Null for a protocol without'),
  questions_digest: z.string(),
  metrics: metricsSchema,
  intervals: z.record(z.string(), intervalSchema),
  train_s: z.number(),
  evaluate_s: z.number(),
  peak_mb: z.number().describe('Resident memory of the process that did it'),
  backend: z.string().describe('Where TensorFlow ran'),
  published: z.array(publishedFigureSchema).describe('For this data and protocol'),
});
export type EvaluationAnswer = z.infer<typeof evaluationAnswerSchema>;

/** What the share of users whose held-out movie shares its moment with another means. */
export const describeTies = (share: number): string =>
  `the held-out movie of ${Number((100 * share).toFixed(1))} % of the users shares its moment with another: which was the last, the order of the source says`;

/** What is to be known of a figure against fewer negatives than its protocol has; null where there were enough. */
export function describeFewNegatives({ least, most }: NegativesAsked): string | null {
  if (least >= NEGATIVES_PER_USER) return null;
  const range = least === most ? String(least) : `${least} to ${most}`;
  return `of the ${NEGATIVES_PER_USER} negatives there were only ${range}: so few movies that a user never touched make the question easier`;
}
