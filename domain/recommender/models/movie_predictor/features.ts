import { createGenreMatrix } from '../../genres.ts';
import type { Interactions } from '../../interactions.ts';
import { weight } from '../../modelParts.ts';
import { DAMPING, dampedMean, meanRating } from '../../ratings.ts';
import type { Tensors } from '../../safetensors.ts';
import type { MovieTable } from '../../snapshot.ts';

/** Sums over the training rows, from which the features of any pair are made, in training and in serving by the same code. */
export interface RatingStatistics {
  readonly overall: number;
  readonly userCount: number;
  readonly genreCount: number;
  readonly tensors: Tensors;
}

const NEWEST_PLAIN_YEAR = 2000;
const YEARS_A_UNIT = 20;
const LOG_COUNT_UNIT = 5;

/** @param rated training rows alone: a held-out rating must not be in a feature */
export function createStatistics(rated: Interactions, movies: MovieTable): RatingStatistics {
  const overall = meanRating(rated);
  const genres = createGenreMatrix(movies);
  const [userCount, movieCount, genreCount] = [rated.users.size, movies.vocabulary.size, genres.names.length];
  const zeros = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b)) });
  const tensors = {
    overall: { shape: [1], values: Float32Array.of(overall) },
    'movie.rating_sum': zeros(movieCount),
    'movie.rating_count': zeros(movieCount),
    'movie.year': {
      shape: [movieCount],
      values: Float32Array.from(movies.releaseYears, (year) => ((year ?? NEWEST_PLAIN_YEAR) - NEWEST_PLAIN_YEAR) / YEARS_A_UNIT),
    },
    'movie.genres': { shape: [movieCount, genreCount], values: genres.values },
    'user.residual_sum': zeros(userCount),
    'user.rating_count': zeros(userCount),
    'user.genre_residual_sum': zeros(userCount, genreCount),
    'user.genre_count': zeros(userCount, genreCount),
  };
  const { rating, userIndex, movieIndex, length } = rated;
  for (let row = 0; row < length; row += 1) {
    tensors['movie.rating_sum'].values[movieIndex[row]!]! += rating[row]!;
    tensors['movie.rating_count'].values[movieIndex[row]!]! += 1;
  }
  for (let row = 0; row < length; row += 1) {
    const [user, movie] = [userIndex[row]!, movieIndex[row]!];
    const mean = dampedMean(tensors['movie.rating_sum'].values[movie]!, tensors['movie.rating_count'].values[movie]!, overall);
    const residual = rating[row]! - mean;
    tensors['user.residual_sum'].values[user]! += residual;
    tensors['user.rating_count'].values[user]! += 1;
    for (let genre = 0; genre < genreCount; genre += 1) {
      if (genres.values[movie * genreCount + genre] === 0) continue;
      tensors['user.genre_residual_sum'].values[user * genreCount + genre]! += residual;
      tensors['user.genre_count'].values[user * genreCount + genre]! += 1;
    }
  }
  return statisticsOf(tensors);
}

export const statisticsOf = (tensors: Tensors): RatingStatistics => ({
  overall: weight(tensors, 'overall')[0]!,
  userCount: tensors['user.genre_count']!.shape[0]!,
  genreCount: tensors['user.genre_count']!.shape[1]!,
  tensors,
});

/**
 * Movie: mean rating, how often rated, year, genres. User: how much kinder than others, how much rated. Both: how much the user likes
 * these genres. An unknown user is an average one.
 * @returns how many features, and a function that writes those of one pair
 */
export function createFeatures({ overall, userCount, genreCount, tensors }: RatingStatistics) {
  const movieSum = weight(tensors, 'movie.rating_sum');
  const movieRatings = weight(tensors, 'movie.rating_count');
  const year = weight(tensors, 'movie.year');
  const genres = weight(tensors, 'movie.genres');
  const residualSum = weight(tensors, 'user.residual_sum');
  const userRatings = weight(tensors, 'user.rating_count');
  const genreResidual = weight(tensors, 'user.genre_residual_sum');
  const genreRatings = weight(tensors, 'user.genre_count');
  const averageLogCount = userRatings.reduce((sum, count) => sum + Math.log1p(count), 0) / Math.max(1, userCount);

  /**
   * @param own the pair's own rating where it is one of the training rows, to be taken out of the sums: else the network would read the
   *   answer off the means of rarely rated movies. Null in serving.
   */
  function write(into: Float32Array, at: number, user: number | null, movie: number, own: number | null): void {
    const less = own === null ? 0 : 1;
    const mean = dampedMean(movieSum[movie]! - (own ?? 0), movieRatings[movie]! - less, overall);
    const residual = own === null ? 0 : own - dampedMean(movieSum[movie]!, movieRatings[movie]!, overall);
    into[at] = mean - overall;
    into[at + 1] = Math.log1p(movieRatings[movie]! - less) / LOG_COUNT_UNIT;
    into[at + 2] = year[movie]!;
    into[at + 3] = user === null ? 0 : (residualSum[user]! - residual) / (userRatings[user]! - less + DAMPING);
    into[at + 4] = (user === null ? averageLogCount : Math.log1p(userRatings[user]! - less)) / LOG_COUNT_UNIT;
    let affinity = 0;
    let named = 0;
    for (let genre = 0; genre < genreCount; genre += 1) {
      const has = genres[movie * genreCount + genre]!;
      into[at + 6 + genre] = has;
      if (has === 0) continue;
      named += 1;
      if (user === null) continue;
      const cell = user * genreCount + genre;
      affinity += (genreResidual[cell]! - residual) / (genreRatings[cell]! - less + DAMPING);
    }
    into[at + 5] = named === 0 ? 0 : affinity / named;
  }
  return { width: 6 + genreCount, write };
}
