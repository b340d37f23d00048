import fc from 'fast-check';
import { createInteractionBuilder, createVocabulary, type Interactions } from '../../../domain/recommender/data/interactions.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { createSnapshot, type MovieTable, type Snapshot } from '../../../domain/recommender/data/snapshot.ts';
import { earlierFeatures } from '../../support/earlierFeatures.ts';

export interface Row {
  user: string;
  movie: string;
  rating?: number;
  at: number;
  /** In which order rows of one moment stand; that in which they come where it is missing. */
  place?: number;
}

const GENRES = ['Action', 'Comedy', 'Drama'];

export const movieTable = (count: number): MovieTable => {
  const numbers = Array.from({ length: count }, (_, movie) => movie);
  return {
    vocabulary: createVocabulary(numbers.map((movie) => String(movie + 1))),
    titles: numbers.map((movie) => `Movie ${movie + 1}`),
    genres: numbers.map((movie) => (movie % 7 === 6 ? [] : [GENRES[movie % 3]!])),
    releaseYears: numbers.map((movie) => (movie % 5 === 4 ? null : 1980 + movie)),
  };
};

export function interactionsOf(rows: readonly Row[], movies = movieTable(40)): Interactions {
  const builder = createInteractionBuilder(movies.vocabulary);
  for (const { user, movie, rating, at, place } of rows) builder.add(user, movie, rating ?? Number.NaN, at, place);
  return builder.build();
}

/** Each user has each movie once at most; times collide often, so that ties are tried. */
export const anyRows = fc.uniqueArray(
  fc.record({
    user: fc.integer({ min: 1, max: 8 }).map((id) => `u${id}`),
    movie: fc.integer({ min: 1, max: 40 }).map(String),
    rating: fc.integer({ min: 1, max: 10 }).map((halves) => halves / 2),
    at: fc.integer({ min: 0, max: 5 }).map((minutes) => minutes * 60_000),
  }),
  { selector: ({ user, movie }) => `${user} ${movie}`, minLength: 1, maxLength: 150 },
);

/** Users who choose one movie after another, in the order of their numbers and then from the first again, each beginning at their own. */
export function sequenceSnapshot({ users, movies, perUser }: { users: number; movies: number; perUser: number }): Snapshot {
  const table = movieTable(movies);
  const rows = Array.from({ length: users }, (_, user) =>
    Array.from({ length: perUser }, (_, nth) => ({ user: `u${user}`, movie: String(1 + ((user + nth) % movies)), at: nth * 1000 })),
  ).flat();
  return createSnapshot(interactionsOf(rows, table), table, 1);
}

/**
 * Users of two tastes: those of even number choose movies of even number and rate them high. Half of either are harsh and rate lower. Anyone who
 * learns that beats popularity.
 */
export function tasteSnapshot({ users = 40, movies = 40, perUser = 12, seed = 7 } = {}): Snapshot {
  const random = createRandom(seed);
  const table = movieTable(movies);
  const rows = new Map<string, Row>();
  for (let user = 0; user < users; user += 1) {
    const harshness = user % 4 < 2 ? 1.5 : 0;
    for (let nth = 0; nth < perUser; nth += 1) {
      const isToTaste = nth < perUser - 1;
      const movie = 2 * random.below(movies / 2) + ((user + (isToTaste ? 0 : 1)) % 2);
      const row = { user: `u${user}`, movie: String(movie + 1), rating: isToTaste ? 4.5 - harshness : 1.5, at: (perUser - nth) * 1000 };
      rows.set(`${row.user} ${row.movie}`, row);
    }
  }
  const interactions = interactionsOf([...rows.values()], table);
  return createSnapshot(interactions, table, seed, 'leave_one_out', earlierFeatures(interactions, table));
}
