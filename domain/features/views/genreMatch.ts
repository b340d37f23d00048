import type { FeatureValue, OnDemandView } from '../view.ts';
import { GENRES } from './genres.ts';

const USER_VECTOR = 'user_features:genre_vector';
const MOVIE_GENRES = 'movie_features:genres';

/** How much better than others the user likes the movie's genres, on average; 0 for a user or a movie of which nothing is known. */
export function matchGenres(vector: readonly number[] | null, genres: readonly string[] | null): number {
  const known = (genres ?? []).map((genre) => GENRES.indexOf(genre as (typeof GENRES)[number])).filter((at) => at >= 0);
  if (!vector || known.length === 0) return 0;
  return known.reduce((sum, at) => sum + (vector[at] ?? 0), 0) / known.length;
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
  compute: (inputs) => ({ genre_match: matchGenres(listOf<number>(inputs[USER_VECTOR]), listOf<string>(inputs[MOVIE_GENRES])) }),
};

const listOf = <Item extends number | string>(value: FeatureValue | undefined) => (Array.isArray(value) ? (value as Item[]) : null);
