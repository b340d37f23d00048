import { z } from 'zod';

/** Kinds of model. A registered model is named after its kind. */
export const MODEL_KINDS = ['popularity', 'neural_cf', 'movie_predictor'] as const;
export const modelKindSchema = z.enum(MODEL_KINDS);
export type ModelKind = z.infer<typeof modelKindSchema>;

const seed = z.number().int().min(0).max(2_147_483_647).default(42).describe('Seed of every random choice of the run');
const epochs = (fallback: number) => z.number().int().min(1).max(500).default(fallback);
const batchSize = (fallback: number) => z.number().int().min(16).max(65_536).default(fallback);
const learningRate = (fallback: number) => z.number().gt(0).max(1).default(fallback);

export const popularitySpecSchema = z.strictObject({ kind: z.literal('popularity') });

/**
 * Neural collaborative filtering (He et al. 2017, arXiv:1708.05031): GMF and MLP branches, implicit feedback with sampled negatives.
 * Epochs and learning rate are chosen on the validation movies of MovieLens-small; more epochs overfit it, larger sets bear more.
 */
export const neuralCfSpecSchema = z.strictObject({
  kind: z.literal('neural_cf'),
  epochs: epochs(5),
  batch_size: batchSize(1024),
  learning_rate: learningRate(0.003),
  embedding_dim: z.number().int().min(4).max(512).default(64),
  hidden_units: z.array(z.number().int().min(4).max(1024)).min(1).max(6).default([128, 64, 32]),
  dropout: z.number().min(0).lt(1).default(0.3),
  negatives: z.number().int().min(1).max(100).default(4).describe('Sampled negatives for each positive'),
  l2: z.number().min(0).max(1).default(0.00001),
  seed,
});

/** The guide's small network: user and movie features to a rating class of 0.5 to 5.0 in halves. */
export const moviePredictorSpecSchema = z.strictObject({
  kind: z.literal('movie_predictor'),
  epochs: epochs(10),
  batch_size: batchSize(256),
  learning_rate: learningRate(0.001),
  hidden_units: z.number().int().min(4).max(1024).default(64),
  seed,
});

export const modelSpecSchema = z.discriminatedUnion('kind', [popularitySpecSchema, neuralCfSpecSchema, moviePredictorSpecSchema]);
export type ModelSpec = z.infer<typeof modelSpecSchema>;
export type PopularitySpec = z.infer<typeof popularitySpecSchema>;
export type NeuralCfSpec = z.infer<typeof neuralCfSpecSchema>;
export type MoviePredictorSpec = z.infer<typeof moviePredictorSpecSchema>;

/** What a kind is judged by, and in which direction it is better. */
export const PRIMARY_METRIC = {
  popularity: { name: 'ndcg_at_10', better: 'higher' },
  neural_cf: { name: 'ndcg_at_10', better: 'higher' },
  movie_predictor: { name: 'rmse', better: 'lower' },
} as const satisfies Record<ModelKind, { name: string; better: 'higher' | 'lower' }>;

/** Alias of the version that serves. */
export const CHAMPION = 'champion';
/** Alias of the newest version that is not, or not yet, the champion. */
export const CHALLENGER = 'challenger';
