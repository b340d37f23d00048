import { z } from 'zod';
import { bySize, BY_RANKING, kindSpec } from './modelSpec.ts';

/** Chosen on validation movies for the small size; the paper has 500 for MovieLens-20M. Memory grows with the square of `max_movies`. */
export const DEFAULTS = {
  small: { l2: 300, max_movies: 6_000 },
  medium: { l2: 400, max_movies: 6_000 },
  large: { l2: 500, max_movies: 10_000 },
};

export default kindSpec(
  z.strictObject({
    kind: z.literal('ease'),
    l2: bySize(z.number().gt(0).max(1_000_000), 'l2', DEFAULTS, 'λ, added to the diagonal of the Gram matrix'),
    max_movies: bySize(
      z.number().int().min(2).max(20_000),
      'max_movies',
      DEFAULTS,
      'Movies that are learnt, the most chosen; others are scored by their content. Four bytes a pair of them',
    ),
  }),
  BY_RANKING,
);
