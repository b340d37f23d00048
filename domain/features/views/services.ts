import type { FeatureService } from './view.ts';

/** What each model reads. Models that learn from who chose what alone read the sequence that serving folds in. */
export const FEATURE_SERVICES: readonly FeatureService[] = [
  {
    name: 'movie_predictor',
    description: 'What the rating of a movie by a user is told from',
    owner: 'recommendation',
    features: [
      'movie_features:rating',
      'movie_features:rating_count',
      'movie_features:release_year',
      'user_features:rating_mean',
      'user_features:rating_count',
      'genre_match:genre_match',
    ],
  },
  {
    name: 'neural_cf',
    description: 'What a user did since the model was trained',
    owner: 'recommendation',
    features: ['user_recent:movie_ids', 'user_recent:interaction_types'],
  },
  {
    name: 'sequence',
    description: 'The sequence that a next-movie model goes on from',
    owner: 'recommendation',
    features: ['user_recent:movie_ids', 'user_recent:interaction_types', 'user_recent:ratings', 'user_recent:occurred_ms'],
  },
  {
    name: 'popularity',
    description: 'What ranks movies for a user nobody knows',
    owner: 'recommendation',
    features: [
      ...['movie_features:popularity', 'movie_features:popularity_7d', 'movie_features:popularity_30d'],
      ...['movie_trends:trending_hour', 'movie_trends:trending_day'],
    ],
  },
];
