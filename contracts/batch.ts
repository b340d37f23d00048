import { z } from 'zod';
import { modelKindSchema } from './models.ts';
import { answeredBySchema } from './recommendations.ts';

export const batchRecommendationsInputSchema = z.strictObject({
  model: modelKindSchema.default('neural_cf'),
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

/** What a batch is about, fixed at its start. */
export interface BatchPlan {
  readonly model: z.infer<typeof answeredBySchema>;
  readonly source: string;
  readonly bytes: number;
  readonly sizes: { readonly users: number; readonly movies: number; readonly interactions: number };
  readonly shards: readonly UserRange[];
}

/** One part of the table. */
export interface BatchShard {
  readonly part: string;
  readonly users: number;
  readonly rows: number;
  /** Users the model has not learnt from: they got what is popular. */
  readonly popular_users: number;
}

export const batchRecommendationsResultSchema = z.object({
  model: answeredBySchema,
  uri: z.string().describe('Blob folder: part-00000.parquet and so on, and manifest.json'),
  users: z.number().int(),
  rows: z.number().int(),
  popular_users: z.number().int().describe('Users the model has not learnt from: they got what is popular'),
  events: z.number().int().describe('Events on their way to movie-recommendations'),
});
export type BatchRecommendationsResult = z.infer<typeof batchRecommendationsResultSchema>;
