import { z } from 'zod';
import { bySize, BY_RANKING, kindSpec } from './modelSpec.ts';

/** Chosen on validation movies: the small size on MovieLens-small and ML-100K. */
export const DEFAULTS = {
  small: { neighbours: 100, shrinkage: 5 },
  medium: { neighbours: 200, shrinkage: 20 },
  large: { neighbours: 200, shrinkage: 50 },
};

export default kindSpec(
  z.strictObject({
    kind: z.literal('item_knn'),
    neighbours: bySize(z.number().int().min(1).max(2_000), 'neighbours', DEFAULTS, 'Most alike movies that are kept for each'),
    shrinkage: bySize(z.number().min(0).max(10_000), 'shrinkage', DEFAULTS, 'Holds back the likeness of movies that few chose'),
  }),
  BY_RANKING,
);
