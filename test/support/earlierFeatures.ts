import { genrePlaces, matchGenres } from '../../domain/features/views/genreMatch.ts';
import { GENRE_DAMPING, GENRES } from '../../domain/features/views/genres.ts';
import type { FeatureTable } from '../../domain/recommender/data/featureTable.ts';
import type { Interactions } from '../../domain/recommender/data/interactions.ts';
import type { MovieTable } from '../../domain/recommender/data/snapshot.ts';

const NAMES = [
  'movie_features:rating',
  'movie_features:rating_count',
  'user_features:rating_mean',
  'user_features:rating_count',
  'genre_match:genre_match',
];

/** What the feature store would join to each row, from the rows that are earlier. */
export function earlierFeatures({ length, userIndex, movieIndex, rating, ratedAt }: Interactions, { genres }: MovieTable): FeatureTable {
  const places = genres.map(genrePlaces);
  const inTime = Uint32Array.from({ length }, (_, row) => row).sort((a, b) => ratedAt[a]! - ratedAt[b]!);
  const columns = NAMES.map(() => new Float32Array(length));
  const ofMovie = new Map<number, number[]>();
  const ofUser = new Map<number, { movie: number; rating: number }[]>();
  for (let from = 0, to = 0; from < length; from = to) {
    while (to < length && ratedAt[inTime[to]!] === ratedAt[inTime[from]!]) to += 1;
    const together = inTime.subarray(from, to);
    for (const row of together) {
      const [movie, history] = [ofMovie.get(movieIndex[row]!) ?? [], ofUser.get(userIndex[row]!) ?? []];
      const userMean = mean(history.map((one) => one.rating));
      const vector = GENRES.map((_, place) => {
        const inGenre = history.filter((one) => places[one.movie]!.includes(place));
        return inGenre.reduce((sum, one) => sum + one.rating - userMean, 0) / (inGenre.length + GENRE_DAMPING);
      });
      const match = matchGenres(history.length === 0 ? null : vector, places[movieIndex[row]!]!);
      [mean(movie), movie.length, userMean, history.length, match].forEach((value, at) => (columns[at]![row] = value));
    }
    for (const row of together) {
      ofMovie.set(movieIndex[row]!, [...(ofMovie.get(movieIndex[row]!) ?? []), rating[row]!]);
      ofUser.set(userIndex[row]!, [...(ofUser.get(userIndex[row]!) ?? []), { movie: movieIndex[row]!, rating: rating[row]! }]);
    }
  }
  return { names: NAMES, columns };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
