import { z } from 'zod';

/** What a version must keep to before it may become champion. */
export const gateSettingsSchema = z.strictObject({
  confidence: z.number().min(0.5).max(0.999).default(0.95).describe('Of every interval'),
  resamples: z.number().int().min(100).max(100_000).default(1_000).describe('Of the bootstrap over users'),
  min_gain_over_popularity: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe("Share of popularity's figure that the gain must exceed beyond chance; 0: any gain"),
  max_loss_to_champion: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("Share of the champion's figure; a greater loss must be ruled out by the interval"),
  max_slice_loss: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe("Share of the champion's figure in a slice; a slice that lost more than this beyond chance has collapsed"),
  min_slice_users: z.number().int().min(1).max(1_000_000).default(30).describe('A slice of fewer users is not judged'),
  max_latency_ms: z.number().gt(0).max(600_000).default(500).describe('95th percentile of ranking every movie for one user'),
  max_model_bytes: z.number().int().min(1).max(1e12).default(2_000_000_000),
  promote: z
    .boolean()
    .default(true)
    .describe('`champion` moves to a version that passes; false: beside a champion it stays `challenger`, for a rollout to promote'),
});
export type GateSettings = z.infer<typeof gateSettingsSchema>;

/** A figure with its interval, by bootstrap over users. */
export const intervalSchema = z.object({ value: z.number(), low: z.number(), high: z.number() });
export type Interval = z.infer<typeof intervalSchema>;

const gain = intervalSchema.nullable().describe('Positive is better, whatever the metric; null where it was not measured');

const cataloguesSchema = z.array(z.string().nullable()).describe('Own sets by name; null: the catalogue that all other sets share');

/** Champion and challenger on the same questions. */
const championComparisonSchema = z.object({
  version: z.string(),
  note: z.string().describe('On which questions the two were compared, or why they were not'),
  value: z.number().nullable().describe("The champion's figure on the questions of the comparison"),
  gain,
  slices: z.array(z.object({ slice: z.string(), users: z.number().int(), value: z.number(), gain: intervalSchema })),
  catalogues: z
    .object({
      known: cataloguesSchema.describe('What the challenger learnt of'),
      lost: cataloguesSchema.describe('What the champion answers for and the challenger does not'),
    })
    .optional()
    .describe('Left out where the champion cannot be asked, and of an older version'),
});
export type ChampionComparison = z.infer<typeof championComparisonSchema>;
export type ComparedCatalogues = NonNullable<ChampionComparison['catalogues']>;

/** What the gate judges by, beside the metrics: small, for it travels through the workflow. */
export const gateEvidenceSchema = z.object({
  gain_over_popularity: gain,
  champion: championComparisonSchema.nullable().describe('Null where there was no champion'),
  latency_ms: z.number().describe('95th percentile of ranking every movie for one user'),
});
export type GateEvidence = z.infer<typeof gateEvidenceSchema>;
