import type { EvaluationProtocol, PublishedFigure } from '../../../../contracts/evaluation.ts';

/** MovieLens sets by how many ratings they have; https://files.grouplens.org/datasets/movielens/ */
const SETS: Readonly<Record<number, string>> = {
  100_000: 'ml-100k',
  100_836: 'ml-latest-small',
  1_000_209: 'ml-1m',
  10_000_054: 'ml-10m',
  20_000_263: 'ml-20m',
  25_000_095: 'ml-25m',
  32_000_204: 'ml-32m',
};

export const nameOfSet = (ratings: number): string | undefined => SETS[ratings];

const NCF = 'He et al. 2017, arXiv:1708.05031';
const REVISITED = 'Rendle et al. 2020, arXiv:2005.09683';
const IALS = 'Rendle et al. 2021, arXiv:2110.14037';
const RERUN = 'Ferrari Dacrema et al. 2021, arXiv:1911.07698';
const RECBOLE = 'RecBole, general recommendation on ML-1M, random 80/10/10 by user';
const SURPRISE = 'Surprise, 5-fold cross-validation: 80 % to learn from, without validation';

const ranked = (system: string, hr_at_10: number, ndcg_at_10: number, source: string): PublishedFigure => ({
  system,
  metrics: { hr_at_10, ndcg_at_10 },
  source,
});
const full = (system: string, recall_at_10: number, full_ndcg_at_10: number): PublishedFigure => ({
  system,
  metrics: { recall_at_10, full_ndcg_at_10 },
  source: RECBOLE,
});
const rated = (system: string, rmse: number): PublishedFigure => ({ system, metrics: { rmse }, source: SURPRISE });

/** What others reported for the same data and protocol. */
const FIGURES: Readonly<Record<string, Partial<Record<EvaluationProtocol, readonly PublishedFigure[]>>>> = {
  'ml-1m': {
    loo: [
      ranked('NeuMF, from scratch', 0.705, 0.426, NCF),
      ranked('NeuMF, pre-trained', 0.73, 0.447, NCF),
      ranked('matrix factorization', 0.7294, 0.4523, REVISITED),
      ranked('NeuMF, rerun', 0.709, 0.435, RERUN),
      ranked('iALS, 192 dimensions', 0.731, 0.452, IALS),
      ranked('EASE', 0.719, 0.449, RERUN),
      ranked('SLIM', 0.716, 0.447, RERUN),
      ranked('ItemKNN', 0.669, 0.398, RERUN),
      ranked('most popular', 0.453, 0.254, RERUN),
      ranked('SASRec, 100 negatives', 0.8245, 0.5905, 'Kang and McAuley 2018, arXiv:1808.09781'),
    ],
    full: [full('EASE', 0.214, 0.287), full('SLIM', 0.204, 0.278), full('ItemKNN', 0.173, 0.238), full('NeuMF', 0.172, 0.239)],
    rating: [rated('SVD++', 0.862), rated('SVD', 0.873), rated('baseline', 0.909)],
  },
  'ml-100k': { rating: [rated('SVD++', 0.919), rated('SVD', 0.934), rated('baseline', 0.944)] },
};

export const publishedFigures = (set: string | undefined, protocol: EvaluationProtocol): readonly PublishedFigure[] =>
  (set === undefined ? undefined : FIGURES[set]?.[protocol]) ?? [];
