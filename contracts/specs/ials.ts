import { z } from 'zod';
import { bySize, BY_RANKING, epochs, kindSpec, seed } from './modelSpec.ts';

/**
 * The small size is chosen on validation movies: the last of MovieLens-small and ML-100K, and a random tenth of the latter. The others are those of
 * Rendle et al. 2021 (arXiv:2110.14037) for ML-1M and ML-20M, the last with fewer factors.
 */
export const DEFAULTS = {
  small: { epochs: 12, embedding_dim: 64, l2: 0.01, unobserved_weight: 0.3 },
  medium: { epochs: 12, embedding_dim: 192, l2: 0.007, unobserved_weight: 0.3 },
  large: { epochs: 16, embedding_dim: 128, l2: 0.003, unobserved_weight: 0.1 },
};

export default kindSpec(
  z.strictObject({
    kind: z.literal('ials'),
    epochs: bySize(epochs, 'epochs', DEFAULTS, 'Passes; each solves every movie, then every user'),
    embedding_dim: bySize(z.number().int().min(2).max(512), 'embedding_dim', DEFAULTS, 'Factors of a user and of a movie'),
    l2: bySize(z.number().gt(0).max(100), 'l2', DEFAULTS, 'λ; weighs more where there is more data (ν = 1)'),
    unobserved_weight: bySize(
      z.number().gt(0).max(1),
      'unobserved_weight',
      DEFAULTS,
      'α₀: how much a movie not chosen counts beside one that was',
    ),
    solver: z
      .enum(['conjugate_gradient', 'cholesky'])
      .default('conjugate_gradient')
      .describe('Of each user and movie: some steps towards the solution, on the CPU; or the solution itself, by TensorFlow'),
    seed,
  }),
  BY_RANKING,
);
