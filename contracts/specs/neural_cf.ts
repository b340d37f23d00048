import { z } from 'zod';
import { batchSize, bySize, BY_RANKING, epochs, kindSpec, learningRate, patience, seed } from './modelSpec.ts';

/** Chosen on validation rows: of MovieLens-small and ML-100K for ranking, of ML-100K for rating, which overfits far sooner. */
export const L2 = { ranking: 0.003, rating: 0.02 };

/** Epochs are a bound: validation ends most trainings sooner. The learning rate is chosen on the validation movies of MovieLens-small and ML-100K. */
export const DEFAULTS = {
  small: { epochs: 30 },
  medium: { epochs: 20 },
  large: { epochs: 10 },
};

export default kindSpec(
  z.strictObject({
    kind: z.literal('neural_cf'),
    objective: z
      .enum(['ranking', 'rating'])
      .default('ranking')
      .describe('Learn who chooses what, from sampled negatives; or how it is rated, from the ratings'),
    epochs: bySize(epochs, 'epochs', DEFAULTS, 'Most passes over the data'),
    patience: patience.default(2),
    batch_size: batchSize.default(1024),
    learning_rate: learningRate.default(0.001),
    embedding_dim: z.number().int().min(4).max(512).default(128),
    hidden_units: z.array(z.number().int().min(4).max(1024)).min(1).max(6).default([128, 64, 32]),
    dropout: z.number().min(0).lt(1).default(0.3),
    negatives: z.number().int().min(1).max(100).default(4).describe('Sampled negatives for each positive'),
    l2: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(`Penalty on the embeddings of each sample. Default: ${L2.ranking} for ranking, ${L2.rating} for rating`),
    seed,
  }),
  BY_RANKING,
  { objective: 'rating' },
);
