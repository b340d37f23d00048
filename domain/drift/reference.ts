import { runsByUser } from '../recommender/data/interactions.ts';
import type { Snapshot } from '../recommender/data/snapshot.ts';
import { classOrNone, createSessionsBuilder, type Sessions } from './sessions.ts';

const DAY_MS = 86_400_000;
/** Movies that are counted one by one; the others are counted together. */
const TOP_ITEMS = 50;
/** Windows at its end by which the usual share of new users and movies is known. */
const BASE_WINDOWS = 8;
/** More than there are days in the years that a time may have. */
const MOST_WINDOWS = 2 ** 20;

/** What a champion learnt from, as a window is compared with it. */
export interface Reference {
  readonly sessions: Sessions;
  readonly users: number;
  readonly genreNames: readonly string[];
  /** Of the movies of the catalogue */
  readonly genresOf: readonly (readonly number[])[];
  readonly itemNames: readonly string[];
  /** Of the movies of the catalogue; the last class has all the others */
  readonly itemClassOf: Int32Array;
  /** How many of the users of a window were unknown to a model of this age; null where the reference is too short to tell */
  readonly newUsers: number | null;
  /** The same of choices, by movies that nobody had chosen */
  readonly newItems: number | null;
}

export interface Window {
  /** ms since 1970, at midnight in UTC */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts what a model learnt from into sessions of the length of a window. Of windows that are no whole weeks it takes the same weekdays alone: a Saturday is
 * compared with Saturdays.
 */
export function referenceOf({ interactions, movies }: Pick<Snapshot, 'interactions' | 'movies'>, window: Window): Reference {
  const { ratedAt, movieIndex, rating, userIndex, users } = interactions;
  const lengthMs = window.to - window.from;
  const isAlike = weekdaysOf(window);
  const builder = createSessionsBuilder();
  for (const { from, to } of runsByUser(interactions)) {
    for (let row = from; row < to; row += 1) {
      if (!isAlike(ratedAt[row]!)) continue;
      const nth = Math.floor((window.to - ratedAt[row]!) / lengthMs);
      builder.add(userIndex[row]! * MOST_WINDOWS + nth, movieIndex[row]!, classOrNone(rating[row]!));
    }
  }
  const sessions = builder.build();
  const genreNames = [...new Set(movies.genres.flat())].sort();
  return {
    sessions,
    users: users.size,
    genreNames,
    genresOf: movies.genres.map((of) => of.map((genre) => genreNames.indexOf(genre))),
    ...topItems(sessions, movies.titles),
    ...usualNews(interactions, window),
  };
}

function weekdaysOf({ from, to }: Window): (at: number) => boolean {
  const days = new Set(Array.from({ length: (to - from) / DAY_MS }, (_, day) => new Date(from + day * DAY_MS).getUTCDay()));
  return (at) => days.has(new Date(at).getUTCDay());
}

export function topItems({ movie }: Sessions, titles: readonly string[]): Pick<Reference, 'itemNames' | 'itemClassOf'> {
  const counts = new Float64Array(titles.length);
  for (const one of movie) counts[one]! += 1;
  const top = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, TOP_ITEMS);
  const itemClassOf = new Int32Array(titles.length).fill(top.length);
  top.forEach((one, at) => (itemClassOf[one] = at));
  return { itemNames: [...top.map((one) => titles[one]!), 'all others'], itemClassOf };
}

/** In the windows at the end of the reference: who and what a model of the champion's age would not have known. */
function usualNews(interactions: Snapshot['interactions'], window: Window): Pick<Reference, 'newUsers' | 'newItems'> {
  const { ratedAt, movieIndex, userIndex, movies, users, length } = interactions;
  const [last, first] = [
    ratedAt.reduce((high, at) => Math.max(high, at), -Infinity),
    ratedAt.reduce((low, at) => Math.min(low, at), Infinity),
  ];
  const [lengthMs, ageMs] = [window.to - window.from, Math.max(0, window.from - last)];
  const windows = Math.min(BASE_WINDOWS, Math.floor((last - first - ageMs) / lengthMs) - 1);
  if (windows < 1) return { newUsers: null, newItems: null };
  const [userSince, movieSince] = [firstTimes(userIndex, ratedAt, users.size), firstTimes(movieIndex, ratedAt, movies.size)];
  const [met, unknown] = [new Set<string>(), new Set<string>()];
  let [rows, ofNewItems] = [0, 0];
  for (let row = 0; row < length; row += 1) {
    const nth = Math.floor((last - ratedAt[row]!) / lengthMs);
    if (nth >= windows) continue;
    const knownBefore = last - (nth + 1) * lengthMs - ageMs;
    const who = `${userIndex[row]} ${nth}`;
    met.add(who);
    if (userSince[userIndex[row]!]! > knownBefore) unknown.add(who);
    rows += 1;
    if (movieSince[movieIndex[row]!]! > knownBefore) ofNewItems += 1;
  }
  return { newUsers: unknown.size / met.size, newItems: ofNewItems / rows };
}

function firstTimes(index: Int32Array, ratedAt: Float64Array, size: number): Float64Array {
  const first = new Float64Array(size).fill(Infinity);
  index.forEach((one, row) => (first[one] = Math.min(first[one]!, ratedAt[row]!)));
  return first;
}
