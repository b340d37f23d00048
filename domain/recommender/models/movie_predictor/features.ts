import { GENRE_DAMPING, GENRES } from '../../../features/views/genres.ts';
import { genrePlaces, matchGenres } from '../../../features/views/genreMatch.ts';
import { featureColumn, type FeatureTable } from '../../data/featureTable.ts';
import type { Interactions } from '../../data/interactions.ts';
import { weight } from '../../model/modelParts.ts';
import { DAMPING, dampedMean, meanRating } from '../../data/ratings.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import type { MovieTable } from '../../data/snapshot.ts';

/** What the network is told of a user and a movie, as the feature store gives it. NaN: nothing is known. */
export interface PairFeatures {
  readonly movieMean: number;
  readonly movieRatings: number;
  readonly userMean: number;
  readonly userRatings: number;
  readonly genreMatch: number;
}

const NEWEST_PLAIN_YEAR = 2000;
const YEARS_A_UNIT = 20;
const LOG_COUNT_UNIT = 5;
const NUMBERS = 6;

/**
 * What serving knows: the features of every movie and user of the training rows, by the feature store's definitions, as of after the last of
 * them. A held-out rating is not in them.
 */
export function createStatistics(rated: Interactions, movies: MovieTable): Tensors {
  const { rating, userIndex, movieIndex, length, users } = rated;
  const genresOf = movies.genres.map(genrePlaces);
  const zeros = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b)) });
  const [sum, count] = [zeros(users.size), zeros(users.size)];
  const [genreSum, genreCount] = [zeros(users.size, GENRES.length), zeros(users.size, GENRES.length)];
  const tensors = {
    overall: { shape: [1], values: Float32Array.of(meanRating(rated)) },
    'movie.rating_sum': zeros(movies.vocabulary.size),
    'movie.rating_count': zeros(movies.vocabulary.size),
    'movie.year': { shape: [movies.vocabulary.size], values: Float32Array.from(movies.releaseYears, (year) => year ?? Number.NaN) },
    'movie.genres': zeros(movies.vocabulary.size, GENRES.length),
    'user.rating_sum': sum,
    'user.rating_count': count,
    'user.genre_vector': zeros(users.size, GENRES.length),
  };
  genresOf.forEach((places, movie) => places.forEach((place) => (tensors['movie.genres'].values[movie * GENRES.length + place] = 1)));
  for (let row = 0; row < length; row += 1) {
    const [user, movie] = [userIndex[row]!, movieIndex[row]!];
    tensors['movie.rating_sum'].values[movie]! += rating[row]!;
    tensors['movie.rating_count'].values[movie]! += 1;
    sum.values[user]! += rating[row]!;
    count.values[user]! += 1;
    for (const place of genresOf[movie]!) {
      genreSum.values[user * GENRES.length + place]! += rating[row]!;
      genreCount.values[user * GENRES.length + place]! += 1;
    }
  }
  tensors['user.genre_vector'].values.forEach((_, cell, vector) => {
    const user = Math.floor(cell / GENRES.length);
    const mean = sum.values[user]! / Math.max(1, count.values[user]!);
    vector[cell] = (genreSum.values[cell]! - genreCount.values[cell]! * mean) / (genreCount.values[cell]! + GENRE_DAMPING);
  });
  return tensors;
}

/** The network's input: the pair's features on its scale, and the movie's genres. */
export function createInput(tensors: Tensors) {
  const overall = weight(tensors, 'overall')[0]!;
  const year = weight(tensors, 'movie.year');
  const genres = weight(tensors, 'movie.genres');
  function write(into: Float32Array, at: number, movie: number, pair: PairFeatures): void {
    const [movieRatings, userRatings] = [pair.movieRatings || 0, pair.userRatings || 0];
    into[at] = movieRatings === 0 ? 0 : dampedMean(pair.movieMean * movieRatings, movieRatings, overall) - overall;
    into[at + 1] = Math.log1p(movieRatings) / LOG_COUNT_UNIT;
    into[at + 2] = Number.isNaN(year[movie]!) ? 0 : (year[movie]! - NEWEST_PLAIN_YEAR) / YEARS_A_UNIT;
    into[at + 3] = userRatings === 0 ? 0 : ((pair.userMean - overall) * userRatings) / (userRatings + DAMPING);
    into[at + 4] = Math.log1p(userRatings) / LOG_COUNT_UNIT;
    into[at + 5] = pair.genreMatch || 0;
    into.set(genres.subarray(movie * GENRES.length, (movie + 1) * GENRES.length), at + NUMBERS);
  }
  return { width: NUMBERS + GENRES.length, write };
}

/** @returns the features that the store joined to a training row */
export function createJoinedFeatures(features: FeatureTable, length: number): (row: number) => PairFeatures {
  const column = (name: string) => featureColumn(features, name, length);
  const movieMean = column('movie_features:rating');
  const movieRatings = column('movie_features:rating_count');
  const userMean = column('user_features:rating_mean');
  const userRatings = column('user_features:rating_count');
  const match = column('genre_match:genre_match');
  return (row) => ({
    movieMean: movieMean[row]!,
    movieRatings: movieRatings[row]!,
    userMean: userMean[row]!,
    userRatings: userRatings[row]!,
    genreMatch: match[row]!,
  });
}

/** @returns the features of a pair that is asked about, out of what the model stored; a user it does not know has no history */
export function createStoredFeatures(tensors: Tensors): (user: number | null, movie: number) => PairFeatures {
  const [movieSum, movieCount] = [weight(tensors, 'movie.rating_sum'), weight(tensors, 'movie.rating_count')];
  const [userSum, userCount] = [weight(tensors, 'user.rating_sum'), weight(tensors, 'user.rating_count')];
  const vectors = weight(tensors, 'user.genre_vector');
  const genres = weight(tensors, 'movie.genres');
  const places = Array.from(movieCount, (_, movie) =>
    GENRES.flatMap((_name, at) => (genres[movie * GENRES.length + at] === 1 ? [at] : [])),
  );
  return (user, movie) => {
    const [userRatings, movieRatings] = [user === null ? 0 : userCount[user]!, movieCount[movie]!];
    const vector = user === null ? null : vectors.subarray(user * GENRES.length, (user + 1) * GENRES.length);
    return {
      movieMean: movieSum[movie]! / movieRatings,
      movieRatings,
      userMean: user === null ? Number.NaN : userSum[user]! / userRatings,
      userRatings,
      genreMatch: matchGenres(vector, places[movie]!),
    };
  };
}
