import { z } from 'zod';
import { batchSize, bySize, BY_RANKING, epochs, kindSpec, learningRate, patience, seed } from '../../../../contracts/modelSpec.ts';

/** The small size is chosen on the validation movies of ML-100K and MovieLens-small; the others follow Klenitskiy and Vasilev 2023. */
export const DEFAULTS = {
  small: { epochs: 30, length: 50, negatives: 256, dropout: 0.3 },
  medium: { epochs: 40, length: 200, negatives: 512, dropout: 0.2 },
  large: { epochs: 15, length: 200, negatives: 1_000, dropout: 0.1 },
};

export default kindSpec(
  z.strictObject({
    kind: z.literal('sasrec'),
    epochs: bySize(epochs, 'epochs', DEFAULTS, 'Most passes over all that users chose'),
    patience: patience.default(5),
    batch_size: batchSize.max(1_024).default(64).describe('Sequences of a step'),
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
