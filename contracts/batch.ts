import { z } from 'zod';
import { modelNameSchema, type ModelName } from './models.ts';
import { answeredBySchema } from './recommendations.ts';

export const batchRecommendationsInputSchema = z.strictObject({
  model: modelNameSchema.default('neural_cf'),
  version: z
    .string()
    .regex(/^\d{1,9}$/, 'a version number')
    .optional()
    .describe('The champion when missing'),
  k: z.number().int().min(1).max(100).default(10),
  exclude_seen: z.boolean().default(true),
  users_per_shard: z
    .number()
    .int()
    .min(1)
    .max(50_000)
    .default(2_000)
    .describe('A shard is one step: what is in memory at once, and what a retry does again'),
  max_parallel: z.number().int().min(1).max(16).default(2).describe('Shards side by side'),
  publish: z.boolean().default(true).describe('Send one event a user to movie-recommendations'),
});
export type BatchRecommendationsInput = z.input<typeof batchRecommendationsInputSchema>;

/** Users whose id is more than `after` and at most `upTo`, in the order of the database. */
export interface UserRange {
  readonly after: string;
  readonly upTo: string;
}

export interface BatchModel {
  readonly name: ModelName;
  readonly version: string;
  /** Blob folder. */
  readonly source: string;
}

/** What a batch is about, fixed at its start. */
export interface BatchPlan {
  /** The one that was asked for, then who answers users it does not know. */
  readonly models: readonly BatchModel[];
  readonly shards: readonly UserRange[];
}

/** One part of the table. */
export interface BatchShard {
  /** Blob key. */
  readonly part: string;
  readonly users: number;
  readonly rows: number;
  readonly popular_users: number;
  readonly unanswered_users: number;
}

export const batchRecommendationsResultSchema = z.object({
  model: answeredBySchema,
  uri: z.string().describe('Blob folder: part-00000.parquet and so on, and _manifest.json, which readers of a folder of Parquet pass over'),
  users: z.number().int(),
  rows: z.number().int(),
  popular_users: z.number().int().describe('Users the model cannot answer: they got what is popular'),
  unanswered_users: z.number().int().describe('Users whom neither could answer, for want of a champion of popularity'),
  events: z.number().int().describe('Events put on their way to movie-recommendations'),
});
export type BatchRecommendationsResult = z.infer<typeof batchRecommendationsResultSchema>;
