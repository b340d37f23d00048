import type { SplitKind } from '../../../contracts/training.ts';
import { NEGATIVES_PER_USER } from '../../../contracts/evaluation.ts';
import { LEAK_CHECKS } from './leaks.ts';

const HELD_OUT: Record<SplitKind, { readonly movie: string; readonly all: string; readonly rating: string }> = {
  leave_one_out: { movie: "each user's last movie", all: "each user's last movie", rating: 'ratings of a random tenth of the rows' },
  temporal: {
    movie: "each user's first movie after the cut",
    all: 'all that each user chose after the cut',
    rating: 'ratings after the cut',
  },
  per_user: {
    movie: "the earliest of each user's random tenth",
    all: "a random tenth of each user's movies",
    rating: "ratings of a random tenth of each user's movies",
  },
};

/** How each metric was taken: a figure without its protocol means nothing. */
export const describeProtocols = (split: SplitKind) => ({
  sampled_negatives: {
    description: `${HELD_OUT[split].movie} against ${NEGATIVES_PER_USER} movies they never touched; ties rank against the model`,
    leak_checks: LEAK_CHECKS.ranking,
    metrics: ['hr_at_10', 'ndcg_at_10'],
  },
  full_ranking: {
    description: `${HELD_OUT[split].all}, among every rated movie they had not chosen before; ties rank against the model`,
    leak_checks: LEAK_CHECKS.ranking.slice(0, 2),
    metrics: ['recall_at_10', 'recall_at_20', 'hit_at_10', 'mrr_at_10', 'full_ndcg_at_10', 'novelty_at_10', 'coverage_at_10'],
  },
  rating: {
    description: `${HELD_OUT[split].rating}; features and weights from the training rows alone`,
    leak_checks: LEAK_CHECKS.rating,
    metrics: ['rmse', 'mae', 'accuracy'],
  },
});
