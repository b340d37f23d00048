import { z } from 'zod';
import { batchSize, bySize, BY_RANKING, epochs, kindSpec, learningRate, patience, seed } from './modelSpec.ts';

/**
 * Epochs are a bound. The small size is chosen on the validation movies of MovieLens-small and ML-100K: with more sampled movies fewer epochs are needed. The
 * others follow Klenitskiy and Vasilev 2023 (arXiv:2309.07602), with as many epochs as an hour has room for at MovieLens-1M's size.
 */
export const DEFAULTS = {
  small: { epochs: 100, length: 50, negatives: 1_000, dropout: 0.3 },
  medium: { epochs: 50, length: 200, negatives: 1_000, dropout: 0.2 },
  large: { epochs: 15, length: 200, negatives: 1_000, dropout: 0.1 },
};

export default kindSpec(
  z.strictObject({
    kind: z.literal('sasrec'),
    epochs: bySize(epochs, 'epochs', DEFAULTS, 'Most passes over all that users chose'),
    patience: patience.default(20),
    batch_size: batchSize.max(1_024).default(16).describe('Sequences of a step'),
    learning_rate: learningRate.default(0.001),
    embedding_dim: z.number().int().min(4).max(512).default(64),
    length: bySize(z.number().int().min(2).max(500), 'length', DEFAULTS, 'Movies looked back on'),
    blocks: z.number().int().min(1).max(8).default(2).describe('Layers of attention and feed-forward'),
    negatives: bySize(z.number().int().min(1).max(10_000), 'negatives', DEFAULTS, 'Sampled movies of a step, shared by its sequences'),
    dropout: bySize(z.number().min(0).lt(1), 'dropout', DEFAULTS, 'Share of numbers switched off in training'),
    seed,
  }),
  BY_RANKING,
);
