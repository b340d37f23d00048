import type { FeatureValue, OnDemandView } from './view.ts';
import { GENRES } from './genres.ts';

const USER_VECTOR = 'user_features:genre_vector';
const MOVIE_GENRES = 'movie_features:genres';

/** Places of genres in a genre vector; those that it does not have are left out. */
export const genrePlaces = (genres: readonly string[]): number[] =>
  genres.map((genre) => GENRES.findIndex((known) => known === genre)).filter((place) => place >= 0);

/**
 * How much better than others the user likes the movie's genres, on average, in stars.
 * @param vector the user's; null where nothing is known of them
 * @param places of the movie's genres
 * @returns 0 where nothing is known of either
 */
export function matchGenres(vector: ArrayLike<number> | null, places: readonly number[]): number {
  if (!vector || places.length === 0) return 0;
  return places.reduce((sum, place) => sum + vector[place]!, 0) / places.length;
}

export const genreMatch: OnDemandView = {
  name: 'genre_match',
  description: "How well a movie's genres go with a user's taste",
  owner: 'recommendation',
  tags: { refreshed: 'when asked' },
  reads: [USER_VECTOR, MOVIE_GENRES],
  features: [
    {
      name: 'genre_match',
      type: 'float64',
      description: "Mean of the user's genre vector over the movie's genres, in stars; 0 where either is unknown",
      provenance: 'movielens',
      rule: { min: -4.5, max: 4.5, severity: 'refuse' },
    },
  ],
  compute: (inputs) => ({
    genre_match: matchGenres(listOf<number>(inputs[USER_VECTOR]), genrePlaces(listOf<string>(inputs[MOVIE_GENRES]) ?? [])),
  }),
};

const listOf = <Item extends number | string>(value: FeatureValue | undefined) => (Array.isArray(value) ? (value as Item[]) : null);
