import { genrePlaces, matchGenres } from '../../features/views/genreMatch.ts';
import { GENRE_DAMPING, GENRES } from '../../features/views/genres.ts';
import type { FeatureTable } from './featureTable.ts';
import { runsOf, type Interactions } from './interactions.ts';
import type { MovieTable } from './snapshot.ts';

const NAMES = [
  'movie_features:rating',
  'movie_features:rating_count',
  'user_features:rating_mean',
  'user_features:rating_count',
  'genre_match:genre_match',
];

/**
 * What the feature store would join to each row at its own time, worked out in memory for data that no store holds: from the rows that are earlier
 * and count. Of rows at one time none knows the others.
 * @param counts whether a row may be known to others; held-out rows must not be
 */
export function earlierFeatures(interactions: Interactions, { genres }: MovieTable, counts: (row: number) => boolean): FeatureTable {
  const { length, ratedAt, userIndex, movieIndex } = interactions;
  const places = genres.map(genrePlaces);
  const inTime = Uint32Array.from({ length }, (_, row) => row).sort((a, b) => ratedAt[a]! - ratedAt[b]!);
  const columns = NAMES.map(() => new Float32Array(length));
  const sums = createRunningSums(interactions, places);
  for (const { from, to } of runsOf(length, (nth) => ratedAt[inTime[nth]!])) {
    const together = inTime.subarray(from, to);
    for (const row of together) {
      const values = sums.featuresOf(userIndex[row]!, movieIndex[row]!);
      columns.forEach((column, at) => (column[row] = values[at]!));
    }
    for (const row of together) if (counts(row)) sums.add(row);
  }
  return { names: NAMES, columns };
}

function createRunningSums({ users, movies, userIndex, movieIndex, rating }: Interactions, places: readonly (readonly number[])[]) {
  const [movieSum, movieCount] = [new Float64Array(movies.size), new Float64Array(movies.size)];
  const [userSum, userCount] = [new Float64Array(users.size), new Float64Array(users.size)];
  const [genreSum, genreCount] = [new Float64Array(users.size * GENRES.length), new Float64Array(users.size * GENRES.length)];
  const vector = new Array<number>(GENRES.length).fill(0);
  return {
    add(row: number): void {
      const [user, movie, value] = [userIndex[row]!, movieIndex[row]!, rating[row]!];
      if (Number.isNaN(value)) return;
      movieSum[movie]! += value;
      movieCount[movie]! += 1;
      userSum[user]! += value;
      userCount[user]! += 1;
      for (const place of places[movie]!) {
        genreSum[user * GENRES.length + place]! += value;
        genreCount[user * GENRES.length + place]! += 1;
      }
    },
    /** In the order of the names. */
    featuresOf(user: number, movie: number): readonly number[] {
      const userMean = userSum[user]! / userCount[user]!;
      for (let place = 0, cell = user * GENRES.length; place < GENRES.length; place += 1, cell += 1) {
        vector[place] = (genreSum[cell]! - genreCount[cell]! * userMean) / (genreCount[cell]! + GENRE_DAMPING);
      }
      const match = matchGenres(userCount[user] === 0 ? null : vector, places[movie]!);
      return [movieSum[movie]! / movieCount[movie]!, movieCount[movie]!, userMean, userCount[user]!, match];
    },
  };
}
