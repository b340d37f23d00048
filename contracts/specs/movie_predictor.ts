import { z } from 'zod';
import { batchSize, BY_RATING, epochs, kindSpec, learningRate, seed } from './modelSpec.ts';

export default kindSpec(
  z.strictObject({
    kind: z.literal('movie_predictor'),
    epochs: epochs.default(10),
    batch_size: batchSize.default(256),
    learning_rate: learningRate.default(0.001),
    hidden_units: z.number().int().min(4).max(1024).default(64),
    seed,
  }),
  BY_RATING,
  {},
);
