import { classOfRating } from '../recommender/data/ratings.ts';

/** What users chose, a session after the other: all that one user chose within one window. */
export interface Sessions {
  /** By its place in the reference's catalogue; NO_MOVIE where that lacks it */
  readonly movie: Int32Array;
  /** Class of the rating; NO_RATING where there is none */
  readonly rating: Int8Array;
  /** Rows of session `s` are `starts[s]` to before `starts[s + 1]` */
  readonly starts: Int32Array;
}

export const NO_MOVIE = -1;
export const NO_RATING = -1;
export const classOrNone = (rating: number | null): number => (rating === null || Number.isNaN(rating) ? NO_RATING : classOfRating(rating));

export const countSessions = ({ starts }: Sessions): number => starts.length - 1;
export const sizesOf = ({ starts }: Sessions): Float64Array =>
  Float64Array.from({ length: starts.length - 1 }, (_, at) => starts[at + 1]! - starts[at]!);

export interface SessionsBuilder {
  /** @param session rows of one session come one after the other, and have the same */
  add(session: unknown, movie: number, rating: number): void;
  build(): Sessions;
}

export function createSessionsBuilder(): SessionsBuilder {
  const [movies, ratings, starts]: number[][] = [[], [], []];
  let current: unknown;
  return {
    add(session, movie, rating) {
      if (starts!.length === 0 || session !== current) starts!.push(movies!.length);
      current = session;
      movies!.push(movie);
      ratings!.push(rating);
    },
    build: () => ({
      movie: Int32Array.from(movies!),
      rating: Int8Array.from(ratings!),
      starts: Int32Array.from([...starts!, movies!.length]),
    }),
  };
}
